import { fileURLToPath } from 'node:url';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { buildWeb } from '../testbed/build-web.ts';
import { launchBrowser } from '../testbed/launch-browser.ts';
import { withEstate, type BenchEstate } from './estate.ts';
import { addServers } from './many-servers.ts';

/** Where the list shows a server: a row, or a card on narrow screens. */
export const ROW = 'tr[aria-rowindex], .server-cards > li[data-index]';

/** The same in the first look, which is a picture of it. */
export const LOOK_ROW = '.first-look .rail';

export interface Dashboard {
  estate: BenchEstate;
  browser: Browser;
  url: string;
  /** A browser that has nothing but the customer's session. */
  signIn(viewport: { width: number; height: number }): Promise<BrowserContext>;
}

/** The built dashboard before an API whose customer has `servers` servers, and a Chromium; takes everything down again. */
export async function withDashboard(
  servers: number,
  measure: (dashboard: Dashboard) => Promise<void>,
): Promise<void> {
  await buildWeb({
    root: fileURLToPath(new URL('..', import.meta.url)),
    logFile: join(tmpdir(), 'berth-bench-web.log'),
    signal: new AbortController().signal,
    onProgress: console.error,
  });
  await withEstate({ apiOnly: true, speed: 0 }, async (estate) => {
    await addServers(estate, servers, 1);
    const browser = await launchBrowser();
    try {
      const signIn = async (viewport: { width: number; height: number }) => {
        const context = await browser.newContext({ viewport });
        const answer = await context.request.post(`${estate.apiUrl}/login`, { data: estate.customer });
        if (!answer.ok()) throw new Error(`POST /login answered ${answer.status()}`);
        return context;
      };
      await measure({ estate, browser, url: `${estate.apiUrl}/app/`, signIn });
    } finally {
      await browser.close();
    }
  });
}
