import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBerth, type Run, type RunningBerth } from './berth.ts';
import { launchBrowser, screenshotPath } from './browser.ts';

const WAIT = { timeout: 60_000 };
const MOST_TABS = 80;

interface Focus {
  name: string;
  isVisible: boolean;
}

describe('without a mouse, and in several tabs', () => {
  let berth: RunningBerth;
  let run: Run;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    [berth, browser] = await Promise.all([startBerth({ speed: '0.2' }), launchBrowser()]);
    run = await berth.run();
    context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
    page = await context.newPage();
    await page.goto(`${run.dashboardUrl}servers/new`);
  });
  afterAll(async () => {
    await browser.close();
    await berth.stop();
  });

  /** What has the focus, and whether a person sees that it has. */
  const focused = async () =>
    (await page.evaluate(`(() => {
      const at = document.activeElement;
      const label = at.labels?.[0]?.textContent ?? '';
      const shown = [at, ...(at.parentElement ? [at.parentElement, ...at.parentElement.children] : [])];
      const isVisible = shown.some((each) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each);
        return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
      });
      return { name: at.getAttribute('aria-label') || label || at.textContent || '', isVisible };
    })()`)) as Focus;

  /** Goes on with Tab until something so called has the focus, which has to be seen on the way. */
  async function tabTo(name: RegExp): Promise<void> {
    for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
      await page.keyboard.press('Tab');
      const focus = await focused();
      if (!name.test(focus.name.trim())) continue;
      expect(focus).toMatchObject({ isVisible: true });
      return;
    }
    throw new Error(`no Tab leads to ${name}`);
  }

  async function logIn(): Promise<void> {
    await page.getByLabel('E-mail').fill(run.customer.email);
    await page.getByLabel('Password').fill(run.customer.password);
    await page.keyboard.press('Enter');
  }

  it('creates a server by keyboard alone', async () => {
    await page.getByLabel('E-mail').waitFor(WAIT);
    await logIn();
    await page.getByRole('form', { name: 'Create server' }).waitFor(WAIT);
    await page.getByRole('radio', { name: /Small/ }).waitFor({ state: 'attached', ...WAIT });
    await tabTo(/^Name/);
    await page.keyboard.press('Control+a');
    await page.keyboard.type('by-hand');
    await tabTo(/^Small/);
    await page.keyboard.press('Space');
    const path = await screenshotPath('keyboard-create');
    if (path) await page.screenshot({ path });
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Create without a way to log in?' }).waitFor(WAIT);
    await tabTo(/^Create anyway$/);
    await page.keyboard.press('Enter');
    await page.locator('.server-head .status', { hasText: 'Running' }).waitFor(WAIT);
  });

  it('reboots it by keyboard alone, and keeps the focus', async () => {
    await tabTo(/^Reboot$/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor(WAIT);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached', ...WAIT });
    await expect.poll(async () => (await focused()).name).toBe('Reboot');

    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor(WAIT);
    await tabTo(/^Reboot$/);
    const path = await screenshotPath('keyboard-reboot');
    if (path) await page.screenshot({ path });
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached', ...WAIT });
    const { items } = await berth.api.get<{ items: { id: string }[] }>('/servers?search=by-hand');
    const operations = await berth.api.get<{ items: { id: string; type: string }[] }>(
      `/servers/${items[0]?.id}/operations`,
    );
    const latest = operations.items[0];
    expect(latest).toMatchObject({ type: 'reboot' });
    expect(await berth.api.settled(latest?.id ?? '')).toMatchObject({ status: 'succeeded' });
  });

  it('keeps the focus on what opened a dialog, once that is closed', async () => {
    const { items } = await berth.api.get<{ items: { id: string }[] }>('/servers?search=by-hand');
    const dialogs = {
      [`servers/${items[0]?.id}`]: [
        'Rename',
        'Change plan',
        'Reset password',
        'Boot rescue system',
        'Edit labels',
        'Rebuild',
        'Delete server',
      ],
      'account/security': ['Set up'],
      'account/tokens': ['Create token'],
      'account/ssh-keys': ['Add key'],
      'account/team': ['Invite'],
    };
    for (const [path, openers] of Object.entries(dialogs)) {
      await page.goto(`${run.dashboardUrl}${path}`);
      for (const name of openers) {
        await page.getByRole('button', { name, exact: true }).focus(WAIT);
        await page.keyboard.press('Enter');
        await page.getByRole('dialog').waitFor(WAIT);
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached', ...WAIT });
        await expect.poll(async () => (await focused()).name).toBe(name);
      }
    }
  });

  it('is led to what is missing in a form', async () => {
    await page.goto(`${run.dashboardUrl}account/tokens`);
    await page.getByRole('button', { name: 'Create token' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Expires').focus(WAIT);
    await page.keyboard.press('Tab');
    await tabTo(/^Create token$/);
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await focused()).name).toMatch(/^Name/);
    await dialog.getByText('Enter a name').waitFor(WAIT);
    await page.keyboard.press('Escape');
  });

  it('comes back to what was typed when the session had ended', async () => {
    await page.goto(`${run.dashboardUrl}servers/new`);
    const form = page.getByRole('form', { name: 'Create server' });
    await form.getByLabel('Name', { exact: true }).fill('kept-over');
    await form.getByText('Small', { exact: true }).click();
    const sessions = await berth.api.get<{ items: { id: string; current: boolean }[] }>('/users/me/sessions');
    for (const { id } of sessions.items) await berth.api.request('DELETE', `/users/me/sessions/${id}`);
    await page.getByRole('button', { name: 'Create server', exact: true }).click();
    await page.getByRole('button', { name: 'Create anyway' }).click();
    const dialog = page.getByRole('dialog', { name: 'Your session has expired' });
    await dialog.waitFor(WAIT);
    const path = await screenshotPath('session-expired');
    if (path) await page.screenshot({ path });
    await dialog.getByLabel('Password').fill(run.customer.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'kept-over' }).waitFor(WAIT);
  });

  it('shows the login in every tab once somebody has logged out in one', async () => {
    const other = await context.newPage();
    await other.goto(run.dashboardUrl);
    await other.getByRole('heading', { level: 1, name: 'Servers' }).waitFor(WAIT);
    await other.getByRole('button', { name: /^Account menu/ }).click();
    await other.getByRole('menuitem', { name: 'Log out' }).click();
    await Promise.all([page, other].map((each) => each.getByLabel('E-mail').waitFor(WAIT)));
    await logIn();
    await other.getByRole('heading', { level: 1 }).filter({ hasNotText: 'Log in' }).waitFor(WAIT);
  });
});
