import { AxeBuilder } from '@axe-core/playwright';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

export { launchBrowser } from '../../testbed/launch-browser.ts';

/** Where a run leaves its pictures: BERTH_SCREENSHOTS, or nowhere. */
export async function screenshotPath(name: string): Promise<string | undefined> {
  const folder = process.env['BERTH_SCREENSHOTS'];
  if (!folder) return undefined;
  await mkdir(folder, { recursive: true });
  return join(folder, `${name}.png`);
}

/** Done once all that moves has moved, but for what never ends. */
const MOVED = `Promise.allSettled(document.getAnimations()
  .filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime))
  .map(({ finished }) => finished)).then(() => undefined)`;

/** How far the page, or a dialog above it, sticks out of the window, in pixels. */
const STICKS_OUT = `Math.max(document.documentElement.scrollWidth - window.innerWidth,
  ...[...document.querySelectorAll('[role=dialog]')].map((dialog) => dialog.getBoundingClientRect())
    .map(({ left, right }) => Math.max(-left, right - window.innerWidth)))`;

/** In light and dark, narrow and wide: nothing sticks out, nothing is unreadable, and a picture of each is kept. */
export async function expectSound(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      // What fades, grows or changes its colours is not yet as it is to be seen and read.
      await page.evaluate(MOVED);
      // What is shown may depend on the width, and comes a moment after it.
      await expect.poll(() => page.evaluate(STICKS_OUT), { timeout: 5_000 }).toBeLessThanOrEqual(0);
      const path = await screenshotPath(`${name}-${colorScheme}-${width}`);
      // A dialog covers the window, not the whole page.
      if (path) await page.screenshot({ path, fullPage: (await page.getByRole('dialog').count()) === 0 });
    }
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag22aa'])
      .analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}
