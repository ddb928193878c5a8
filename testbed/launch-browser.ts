import { chromium, type Browser } from 'playwright-core';
import { findChromium } from './chromium.ts';

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
