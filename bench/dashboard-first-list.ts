import { setTimeout as delay } from 'node:timers/promises';
import type { BrowserContext } from 'playwright-core';
import { LOOK_ROW, ROW, withDashboard, type Dashboard } from './dashboard-page.ts';
import { median, printRatio, printTable } from './numbers.ts';

/** How soon somebody with a session sees their servers on a slow computer, what moves meanwhile, and who waits for whom. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 7);
const SERVERS = Number(process.env['SERVERS'] ?? 10_000);
const SLOWDOWN = Number(process.env['SLOWDOWN'] ?? 4);
const BUDGET_MS = 1_500;
const SHIFT_BUDGET = 0.1;
/** What comes late may still move what is there. */
const SETTLE_MS = 1_500;
/** Seldom, as it keeps the page from its work. */
const LOOK_AGAIN_MS = 200;

/** Runs in the page from its beginning on. A row counts once the frame that brought it has been painted. */
const OBSERVE = `
  window.seen = { firstRowMs: null, pressableMs: null, shift: 0, moved: [], jumpPx: 0 };
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value, sources } of list.getEntries()) {
      if (hadRecentInput) continue;
      seen.shift += value;
      for (const { node } of sources) seen.moved.push((node?.parentElement ?? node)?.outerHTML?.slice(0, 120) ?? '?');
    }
  }).observe({ type: 'layout-shift', buffered: true });
  const topOf = (row) => row?.getBoundingClientRect().top + scrollY;
  let lookTop = null;
  const look = () => {
    const drawn = document.querySelector(${JSON.stringify(LOOK_ROW)});
    const row = document.querySelector(${JSON.stringify(ROW)});
    if (drawn) lookTop = topOf(drawn);
    if ((drawn || row) && !seen.isFound) {
      seen.isFound = true;
      requestAnimationFrame(() => (seen.firstRowMs = performance.now()));
    }
    if (!row || drawn) return requestAnimationFrame(look);
    if (lookTop !== null) seen.jumpPx = Math.abs(topOf(row) - lookTop);
    requestAnimationFrame(() => (seen.pressableMs = performance.now()));
  };
  requestAnimationFrame(look);
`;
const REQUESTS = `performance.getEntriesByType('resource').map(({ name, startTime, responseEnd, transferSize }) =>
  ({ path: name.slice(location.origin.length), startTime, responseEnd, transferSize }))`;

interface Request {
  path: string;
  /** Milliseconds since the navigation. */
  startTime: number;
  responseEnd: number;
  transferSize: number;
}

interface Visit {
  /** The first look, or the list itself if that came first. */
  firstRowMs: number;
  /** The list itself. */
  pressableMs: number;
  /** How far the first row stands from where the first look had it. */
  jumpPx: number;
  shift: number;
  /** The elements that moved. */
  moved: string[];
  /** Those that were over by the first row. */
  requests: Request[];
}

interface View {
  title: string;
  viewport: { width: number; height: number };
  slowdown: number;
  /** Everything is in the browser's cache. */
  isReturn?: boolean;
}

const WIDE = { width: 1_280, height: 800 };
const VIEWS: View[] = [
  { title: `wide, processor ${SLOWDOWN} × slowed`, viewport: WIDE, slowdown: SLOWDOWN },
  {
    title: `narrow, processor ${SLOWDOWN} × slowed`,
    viewport: { width: 390, height: 844 },
    slowdown: SLOWDOWN,
  },
  {
    title: `wide, processor ${SLOWDOWN} × slowed, not the first visit`,
    viewport: WIDE,
    slowdown: SLOWDOWN,
    isReturn: true,
  },
  { title: 'wide, processor as it is', viewport: WIDE, slowdown: 1 },
];

await withDashboard(SERVERS, async (dashboard) => {
  const visits = new Map(VIEWS.map((view) => [view, [] as Visit[]]));
  // The first visit of all only warms the API up.
  for (const view of VIEWS) await visit(dashboard, view);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const view of VIEWS) visits.get(view)?.push(await visit(dashboard, view));
  report(visits);
});

async function visit(dashboard: Dashboard, view: View): Promise<Visit> {
  const context = await dashboard.signIn(view.viewport);
  try {
    if (view.isReturn) await look(context, dashboard.url, view.slowdown);
    return await look(context, dashboard.url, view.slowdown);
  } finally {
    await context.close();
  }
}

async function look(context: BrowserContext, url: string, slowdown: number): Promise<Visit> {
  const page = await context.newPage();
  try {
    const devtools = await context.newCDPSession(page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
    await page.addInitScript(OBSERVE);
    await page.goto(url, { waitUntil: 'commit' });
    while ((await page.evaluate('seen.pressableMs')) === null) await delay(LOOK_AGAIN_MS);
    await delay(SETTLE_MS);
    const seen = await page.evaluate<Omit<Visit, 'requests'>>('seen');
    const requests = await page.evaluate<Request[]>(REQUESTS);
    return { ...seen, requests: requests.filter(({ responseEnd }) => responseEnd <= seen.firstRowMs) };
  } finally {
    await page.close();
  }
}

function isOfApi({ path }: Request): boolean {
  return !path.startsWith('/app/');
}

/** The most requests of which each began when the one before it was over. */
function inARow(requests: Request[]): number {
  let [count, end] = [0, 0];
  for (const { startTime, responseEnd } of requests.toSorted((a, b) => a.responseEnd - b.responseEnd)) {
    if (startTime < end) continue;
    [count, end] = [count + 1, responseEnd];
  }
  return count;
}

function report(visits: Map<View, Visit[]>): void {
  const rows = [...visits].map(([{ title }, seen]) => {
    const times = seen.map(({ firstRowMs }) => firstRowMs);
    const most = (values: number[]) => String(Math.max(...values));
    return [
      title,
      median(times).toFixed(0),
      Math.max(...times).toFixed(0),
      median(seen.map(({ pressableMs }) => pressableMs)).toFixed(0),
      Math.max(...seen.map(({ jumpPx }) => jumpPx)).toFixed(1),
      Math.max(...seen.map(({ shift }) => shift)).toFixed(3),
      most(seen.map(({ requests }) => inARow(requests.filter(isOfApi)))),
      most(seen.map(({ requests }) => requests.filter(isOfApi).length)),
      most(seen.map(({ requests }) => inARow(requests))),
      most(seen.map(({ requests }) => requests.length)),
    ];
  });
  console.log(
    `${SERVERS} servers, ${ROUNDS} visits each; milliseconds from the navigation to the first row that is seen`,
  );
  printTable(
    [
      'visit',
      'median',
      'longest',
      'to be pressed',
      'jump px',
      'most shift',
      'API in a row',
      'of',
      'all in a row',
      'of',
    ],
    rows,
  );
  const first = visits.get(VIEWS[0] as View) ?? [];
  console.log('what the last first visit asked for until then');
  printTable(
    ['request', 'begins', 'ends', 'KiB'],
    (first.at(-1)?.requests ?? []).map(({ path, startTime, responseEnd, transferSize }) => [
      path,
      startTime.toFixed(0),
      responseEnd.toFixed(0),
      (transferSize / 1_024).toFixed(1),
    ]),
  );
  const moved = new Set([...visits.values()].flat().flatMap((seen) => seen.moved));
  for (const html of moved) console.log(`moved: ${html}`);
  const slow = [...visits].filter(([{ slowdown }]) => slowdown > 1).map(([, seen]) => seen);
  const slowest = Math.max(...slow.map((seen) => median(seen.map(({ firstRowMs }) => firstRowMs))));
  const shift = Math.max(...slow.flat().map((seen) => seen.shift));
  printRatio(Math.max(slowest / BUDGET_MS, shift / SHIFT_BUDGET), '≤ 1 of 1.5 s, and of a shift of 0.1');
}
