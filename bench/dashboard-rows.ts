import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { ROW, withDashboard, type Dashboard } from './dashboard-page.ts';
import { percentile, printRatio, printTable } from './numbers.ts';

/** Whether the list of many servers stutters: frames and long tasks while it is scrolled with the wheel, and rows in the page. */
const SERVERS = Number(process.env['SERVERS'] ?? 10_000);
/** One turn of the wheel, and how soon the next follows: a screen's height at a time, many times a second. */
const TURN_PX = Number(process.env['TURN_PX'] ?? 800);
const TURN_MS = 40;
/** One notch of a person's wheel, and how many of them. */
const NOTCH_PX = 120;
const NOTCHES = 400;
const CHANGES = 20;
const CHANGE_MS = 250;
const VIEWPORT = { width: 1_280, height: 800 };

/** Runs in the page from its beginning on; \`begin\` forgets what was seen before. */
const OBSERVE = `
  window.seen = {};
  window.begin = () => Object.assign(seen, { frames: [], longTasks: [], mostRows: 0, empty: 0 });
  begin();
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.longTasks.push(duration);
  }).observe({ type: 'longtask' });
  let last = performance.now();
  const look = (now) => {
    seen.frames.push(now - last);
    last = now;
    requestAnimationFrame(look);
    // After the frame has been painted, when looking at it costs nothing.
    setTimeout(() => {
      seen.mostRows = Math.max(seen.mostRows, document.querySelectorAll(${JSON.stringify(ROW)}).length);
      if (!document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest(${JSON.stringify(ROW)})) seen.empty += 1;
    });
  };
  requestAnimationFrame(look);
`;

interface Seen {
  /** Milliseconds from each to the next. */
  frames: number[];
  /** Of more than 50 ms. */
  longTasks: number[];
  /** In the page at once. */
  mostRows: number;
  /** Frames that showed no server in the middle of the window. */
  empty: number;
}

await withDashboard(SERVERS, async (dashboard) => {
  const context = await dashboard.signIn(VIEWPORT);
  const page = await context.newPage();
  let pages = 0;
  page.on('request', (request) => (pages += /\/servers\?/.test(request.url()) ? 1 : 0));
  await page.addInitScript(OBSERVE);
  await page.goto(dashboard.url);
  await page.locator(ROW).first().waitFor();
  await page.mouse.move(VIEWPORT.width / 2, VIEWPORT.height / 2);
  const passes: [string, Seen][] = [
    ['down, reading on', await watch(page, () => turn(page, TURN_PX, isAtEnd))],
    ['up, all read', await watch(page, () => turn(page, -TURN_PX, isAtTop))],
    ['down, all read', await watch(page, () => turn(page, TURN_PX, isAtEnd))],
    [`up by ${NOTCH_PX} px, all read`, await watch(page, () => turn(page, -NOTCH_PX, after(NOTCHES)))],
    [`${CHANGES} changes at rest, all read`, await watch(page, () => changeServers(dashboard))],
  ];
  const heapMib = (await page.evaluate<number>('performance.memory.usedJSHeapSize')) / 2 ** 20;
  const bare = await watchBarePage(page);
  console.log(
    `${SERVERS} servers, read in ${pages} requests; ${heapMib.toFixed(0)} MiB of JavaScript's memory then`,
  );
  report([...passes, ['down a page of nothing', bare]]);
  const p95 = ({ frames }: Seen) => percentile(frames, 0.95);
  printRatio(
    Math.max(...passes.map(([, seen]) => p95(seen))) / p95(bare),
    '≤ 2 × the frames of a page of nothing',
  );
});

async function watch(page: Page, doing: () => Promise<void>): Promise<Seen> {
  await page.evaluate('begin()');
  await doing();
  return page.evaluate<Seen>('seen');
}

/** Turns the wheel until the end is there. */
async function turn(page: Page, px: number, isThere: (page: Page) => Promise<boolean>): Promise<void> {
  while (!(await isThere(page))) {
    const next = delay(TURN_MS);
    await page.mouse.wheel(0, px);
    await next;
  }
}

function after(turns: number): () => Promise<boolean> {
  let turned = 0;
  return async () => (turned += 1) > turns;
}

/** At the end of what has been read, while nothing more is to come. */
async function isAtEnd(page: Page): Promise<boolean> {
  return page.evaluate(
    `document.querySelector('table')?.getAttribute('aria-rowcount') === '${SERVERS + 1}' &&
      scrollY + innerHeight >= document.documentElement.scrollHeight - 1`,
  );
}

async function isAtTop(page: Page): Promise<boolean> {
  return page.evaluate('scrollY === 0');
}

/** Servers all over the list change while nobody touches anything; the last of them is the one at its end. */
async function changeServers({ estate: { database } }: Dashboard): Promise<void> {
  for (let change = 0; change < CHANGES; change += 1) {
    await database.raw(
      `update servers set power_state = case power_state when 'running' then 'stopped' else 'running' end
       where name = ?`,
      [`server-${1 + Math.floor((change * SERVERS) / CHANGES)}`],
    );
    await delay(CHANGE_MS);
  }
}

/** The same wheel over the same height with nothing to render: what this computer can do. */
async function watchBarePage(page: Page): Promise<Seen> {
  const px = await page.evaluate<number>('document.documentElement.scrollHeight');
  await page.goto('about:blank');
  await page.setContent(`<div style="height: ${px}px; background: linear-gradient(white, gray)"></div>`);
  return watch(page, () =>
    turn(page, TURN_PX, () =>
      page.evaluate<boolean>('scrollY + innerHeight >= document.documentElement.scrollHeight - 1'),
    ),
  );
}

function report(passes: [string, Seen][]): void {
  console.log(`a turn of ${TURN_PX} px every ${TURN_MS} ms; milliseconds from frame to frame`);
  printTable(
    [
      'pass',
      'frames',
      'p50',
      'p95',
      'p99',
      'longest',
      'long tasks',
      'longest',
      'rows at most',
      'empty frames',
    ],
    passes.map(([title, { frames, longTasks, mostRows, empty }]) => [
      title,
      String(frames.length),
      ...[0.5, 0.95, 0.99, 1].map((share) => percentile(frames, share).toFixed(1)),
      String(longTasks.length),
      Math.max(0, ...longTasks).toFixed(0),
      String(mostRows),
      String(empty),
    ]),
  );
}
