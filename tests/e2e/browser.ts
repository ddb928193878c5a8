import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { findChromium } from '../../testbed/chromium.ts';

/** A headless Chromium that talks to nobody but the page. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await findChromium((message) => console.error(message)),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Where a run leaves its pictures: BERTH_SCREENSHOTS, or nowhere. */
export async function screenshotPath(name: string): Promise<string | undefined> {
  const folder = process.env['BERTH_SCREENSHOTS'];
  if (!folder) return undefined;
  await mkdir(folder, { recursive: true });
  return join(folder, `${name}.png`);
}
