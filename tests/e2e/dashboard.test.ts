import { execa } from 'execa';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBerth, type ApiClient, type Run, type RunningBerth } from './berth.ts';
import { expectSound, launchBrowser, screenshotPath } from './browser.ts';
import { OPERATIONS } from '../../contract/operation-table.ts';

const WAIT = { timeout: 60_000 };

describe('a customer in a browser', () => {
  let berth: RunningBerth;
  let run: Run;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    [berth, browser] = await Promise.all([startBerth({ speed: '0.3' }), launchBrowser()]);
    run = await berth.run();
    context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
    page = await context.newPage();
    page.on('pageerror', (err) => complaints.push(err.message));
    page.on('console', (message) => {
      if (/Content Security Policy|Refused to/.test(message.text())) complaints.push(message.text());
    });
  });
  afterAll(async () => {
    await browser.close();
    await berth.stop();
  });

  const picture = async (name: string) => {
    const path = await screenshotPath(name);
    if (path) await page.screenshot({ path });
  };
  const button = (name: string, within: Page | Locator = page) =>
    within.getByRole('button', { name, exact: true });
  const status = (word: string) => page.locator('.server-head .status', { hasText: word });
  const logIn = async (password = run.customer.password) => {
    await page.getByLabel('E-mail').fill(run.customer.email);
    await page.getByLabel('Password').fill(password);
    await button('Log in').click();
  };
  const fillIn = async (form: Locator, name: string) => {
    await form.getByLabel('Name', { exact: true }).fill(name);
    await form.getByText('Small', { exact: true }).click();
  };
  const power = async (label: string) => {
    await button(label, page.getByRole('group', { name: 'Power' })).click();
    await button(label, page.getByRole('dialog')).click();
    // Before the operation is over its buttons are about to be disabled, and a click then is lost.
    const latest = page.getByRole('list', { name: 'Activity' }).getByRole('listitem').first();
    await latest.filter({ hasText: label }).filter({ hasText: 'Succeeded' }).waitFor(WAIT);
  };

  it('logs in and comes to the page that was asked for', async () => {
    await page.goto(`${run.dashboardUrl}servers/new`);
    await logIn('not the password');
    await page.getByText('E-mail or password is wrong.').waitFor(WAIT);
    await picture('login-refused');
    await logIn();
    await page.getByRole('form', { name: 'Create server' }).waitFor(WAIT);
    expect(new URL(page.url()).pathname).toBe('/app/servers/new');
  });

  it('orders a server and sees every step live until it runs with its address', async () => {
    const form = page.getByRole('form', { name: 'Create server' });
    await fillIn(form, 'shop-1');
    const [key] = await Promise.all([page.waitForEvent('download'), button('Make a key', form).click()]);
    expect(key.suggestedFilename()).toBe('shop-1_berth_ed25519');
    await form.getByLabel('Labels').fill('env=demo');
    await expectSound(page, 'create');
    await button('As curl', form).click();
    await page.getByText('curl -X POST').waitFor(WAIT);
    await expectSound(page, 'create-as-curl');
    await page.keyboard.press('Escape');
    await button('Create server').click();
    await status('Provisioning').waitFor(WAIT);
    for (const { title } of OPERATIONS.provision.steps) {
      await page.locator('.step-running, .step-succeeded', { hasText: title }).waitFor(WAIT);
      await picture(`provision-${title.toLowerCase().replaceAll(' ', '-')}`);
    }
    await status('Running').waitFor(WAIT);
    await page.getByText('203.0.113.10', { exact: true }).first().waitFor(WAIT);
    await picture('running');
  });

  it('reboots, shuts down and starts it, and is told the truth each time', async () => {
    await page.getByRole('tab', { name: 'Activity' }).click();
    await power('Reboot');
    await page.getByText('shop-1: “Reboot” is done.').waitFor(WAIT);
    await button('Power off').focus();
    await page.getByText('For one that does not shut down.').last().waitFor(WAIT);
    await picture('rebooted');
    await status('Running').waitFor(WAIT);
    await power('Shut down');
    await status('Stopped').waitFor(WAIT);
    await picture('stopped');
    await power('Start');
    await status('Running').waitFor(WAIT);
  });

  it('reads who did what to it and from where, also what somebody does right now', async () => {
    const activity = page.getByRole('list', { name: 'Activity' });
    const items = activity.locator('> li');
    await items
      .filter({ hasText: 'Reboot' })
      .getByText(/^by you from 127\.0\.0\.1$/)
      .waitFor(WAIT);
    const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    const change = async (who: ApiClient, body: object, [deed, doer]: [deed: string, doer: string]) => {
      expect((await who.request('PATCH', `/servers/${id}`, body)).status).toBe(200);
      await items.first().filter({ hasText: deed }).getByText(doer).waitFor(WAIT);
    };
    const labels = { env: 'demo', tier: 'web' };
    await change(berth.api, { labels }, ['Changed the labels of the server', 'by you from 127.0.0.1']);
    // What exactly the provider’s people change is not told.
    await change(berth.admin, { labels: { env: 'demo' } }, [
      'Changed settings of the server',
      'by the provider',
    ]);
    expect(await items.count()).toBe(6);
    await expectSound(page, 'activity');
  });

  const expectEnabled = async (target: Locator) => {
    await target.and(page.locator(':not([disabled])')).waitFor(WAIT);
  };

  const manage = async (label: string) => {
    const target = button(label, page.getByRole('region', { name: 'Manage' }));
    await expectEnabled(target);
    await target.click();
  };
  const done = async (label: string) => {
    await page.getByRole('tab', { name: 'Activity' }).click();
    const latest = page.getByRole('list', { name: 'Activity' }).getByRole('listitem').first();
    await latest.filter({ hasText: label }).filter({ hasText: 'Succeeded' }).waitFor(WAIT);
    await page.getByRole('tab', { name: 'Overview' }).click();
  };

  it('gives it a larger plan, and a restart where that needs one', async () => {
    await page.getByRole('tab', { name: 'Overview' }).click();
    await expectSound(page, 'manage');
    await manage('Change plan');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Medium', { exact: true }).click();
    await expectSound(page, 'change-plan');
    await button('Change plan', dialog).click();
    await done('Change plan');
    await page.locator('.fact', { hasText: 'Medium' }).waitFor(WAIT);
    await picture('resized');
  });

  it('rebuilds it after typing its name, and it keeps its address', async () => {
    await manage('Rebuild');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radio', { name: 'debian-12' }).waitFor(WAIT);
    await dialog.getByLabel('Type shop-1 to confirm').fill('shop-1');
    await expectSound(page, 'rebuild');
    await button('Rebuild server', dialog).click();
    await done('Rebuild');
    await status('Running').waitFor(WAIT);
    await page.getByText('203.0.113.10', { exact: true }).first().waitFor(WAIT);
  });

  it('is told why it was suspended, until that is lifted', async () => {
    const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    const { admin } = berth;
    await admin.accepted(admin.request('POST', `/servers/${id}/suspend`, { reason: 'Overdue on payment' }));
    await page.getByText(/has suspended this server: Overdue on payment/).waitFor(WAIT);
    await expectSound(page, 'suspended');
    const target = button('Change plan', page.getByRole('region', { name: 'Manage' }));
    expect(await target.isDisabled()).toBe(true);
    const { id: operationId } = (await berth.api.server(id)).operation ?? {};
    if (operationId) await berth.api.settled(operationId);
    await admin.accepted(admin.request('POST', `/servers/${id}/unsuspend`));
    await status('Running').waitFor(WAIT);
  });

  it('sees why a server cannot be built now, and gives it up', async () => {
    const message = 'clone failed: unable to create image: No space left on device';
    await berth.addFault({
      method: 'POST',
      path: '/clone$',
      action: 'failTask',
      message,
      atPercent: 20,
    });
    await page.goto(`${run.dashboardUrl}servers/new`);
    await fillIn(page.getByRole('form', { name: 'Create server' }), 'unlucky');
    await button('Create server').click();
    await page.getByRole('dialog', { name: 'Create without a way to log in?' }).waitFor(WAIT);
    await expectSound(page, 'create-without-access');
    await button('Create anyway').click();
    await page.getByText('No space left on device').first().waitFor({ timeout: 10_000 });
    await button('Resume').waitFor(WAIT);
    await expectSound(page, 'provision-waits');
    await button('Cancel').click();
    await status('Cancelled').waitFor(WAIT);
    await page.getByRole('link', { name: 'Order again' }).waitFor(WAIT);
    await expectSound(page, 'cancelled');
  });

  it('finds it in the list, in light and dark, wide and narrow', async () => {
    await page.goto(run.dashboardUrl);
    await page.getByRole('link', { name: 'shop-1' }).first().waitFor(WAIT);
    await picture('list');
    await expectSound(page, 'list');
  });

  it('sees the first rows, where the list will have them, before the code is there that can do more', async () => {
    const boxes = async (rows: string) =>
      page.locator(rows).evaluateAll((all) => all.map((row) => row.getBoundingClientRect().toJSON()));
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      const { promise: held, resolve: release } = Promise.withResolvers<void>();
      await page.route(/\/assets\/index-.+\.js$/, async (route) => {
        await held;
        await route.continue();
      });
      await page.goto(run.dashboardUrl, { waitUntil: 'commit' });
      await page.locator('.first-look .rail', { hasText: 'shop-1' }).waitFor(WAIT);
      await picture(`first-look-${width}`);
      const drawn = await boxes('.first-look .rail');
      expect(await page.getByRole('link', { name: 'shop-1' }).count()).toBe(0);
      release();
      await page.getByRole('link', { name: 'shop-1' }).first().waitFor(WAIT);
      expect(await page.locator('.first-look').count()).toBe(0);
      expect(await boxes('.rail')).toEqual(drawn);
      await page.unrouteAll();
    }
  });

  it('reboots it from the list with others that cannot, and follows that in the drawer', async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole('checkbox', { name: 'Select all that are listed' }).check({ force: true });
    await button('Reboot', page.getByRole('region', { name: 'Selected servers' })).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('1 server cannot do this now and is left out.').waitFor(WAIT);
    await expectSound(page, 'bulk');
    await button('Reboot 1 server', dialog).click();
    await dialog.getByText('1 of 1 accepted.').waitFor(WAIT);
    await button('Done', dialog).click();
    await page.getByText('shop-1: “Reboot” is done.').waitFor(WAIT);
    await page.locator('button[title="Operations"]').click();
    const recent = page.getByRole('region', { name: 'Recent' });
    await recent.getByRole('listitem').first().filter({ hasText: 'Succeeded' }).waitFor(WAIT);
    await expectSound(page, 'operations');
    await page.keyboard.press('Escape');
    await recent.waitFor({ state: 'detached' });
  });

  it('is found by the keyboard alone', async () => {
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor(WAIT);
    await expectSound(page, 'keyboard');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    await page.getByLabel('Jump to').fill('shop');
    await page.getByRole('option', { name: /shop-1/ }).waitFor(WAIT);
    await picture('jump');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'shop-1', level: 1 }).waitFor(WAIT);
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await page.getByRole('heading', { name: 'Servers', level: 1 }).waitFor(WAIT);
  });

  it('reads all of it in German', async () => {
    const choose = async (language: string) => {
      await page.getByRole('button', { name: run.customer.email }).click();
      await page.locator('#menu-language').selectOption(language);
    };
    await choose('de');
    await page.getByRole('heading', { name: 'Server', level: 1, exact: true }).waitFor(WAIT);
    expect(await page.getAttribute('html', 'lang')).toBe('de');
    await expectSound(page, 'german-list');
    await page.getByRole('link', { name: 'shop-1' }).first().click();
    await page.getByRole('heading', { name: 'shop-1', level: 1 }).waitFor(WAIT);
    await expectSound(page, 'german-server');
    await page.goto(`${run.dashboardUrl}servers/new`);
    await page.getByRole('heading', { level: 1 }).waitFor(WAIT);
    await expectSound(page, 'german-create');
    await choose('en');
    await page.getByRole('heading', { name: 'Create server', level: 1 }).waitFor(WAIT);
    await page.goto(run.dashboardUrl);
  });

  it('is still logged in after a reload, and sees in one window what is done in another', async () => {
    await page.reload();
    await page.getByRole('link', { name: 'shop-1' }).first().click();
    // Its address changes once the page is there.
    await page.getByRole('heading', { name: 'shop-1', level: 1 }).waitFor(WAIT);
    const other = await context.newPage();
    await other.goto(page.url());
    await other.getByRole('group', { name: 'Power' }).getByRole('button', { name: 'Power off' }).click();
    await other.getByRole('dialog').getByRole('button', { name: 'Power off' }).click();
    await status('Stopped').waitFor(WAIT);
    await other.close();
  });

  it('reads on in more tabs than a browser has connections', async () => {
    const tabs: Page[] = [];
    for (let opened = 0; opened < 8; opened += 1) {
      const tab = await context.newPage();
      tabs.push(tab);
      // Without a window every tab counts as looked at.
      await tab.addInitScript("Object.defineProperty(document, 'hidden', { get: () => true })");
      await tab.goto(page.url(), WAIT);
      await tab.locator('.server-head .status', { hasText: 'Stopped' }).waitFor(WAIT);
    }
    await Promise.all(tabs.map(async (tab) => tab.close()));
  });

  it('deletes it after typing its name, and it is gone from the list and from Proxmox', async () => {
    await page.getByRole('tab', { name: 'Overview' }).click();
    const erase = page.locator('.danger-zone').getByRole('button', { name: 'Delete server' });
    await expectEnabled(erase);
    await erase.click();
    const dialog = page.getByRole('dialog');
    const confirm = button('Delete server', dialog);
    expect(await confirm.isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill('shop-1');
    const address = page.url();
    await picture('delete');
    await confirm.click();
    await page.getByText('shop-1 was deleted.').waitFor(WAIT);
    await page.goto(address);
    await page.getByRole('heading', { name: 'shop-1 was deleted', level: 1 }).waitFor(WAIT);
    await page.getByRole('list', { name: 'Activity' }).waitFor(WAIT);
    await expectSound(page, 'deleted-server');
    await page.getByRole('link', { name: 'Go to your servers' }).click();
    expect(await page.getByRole('link', { name: 'shop-1' }).count()).toBe(0);
    const names = Object.values((await berth.cluster()).vms).map(({ config }) => config['name']);
    expect(names).not.toContain('shop-1');
  });

  it('has loaded no more JavaScript at first than its budget allows', async () => {
    const { exitCode, all } = await execa('node', ['web/check-size.ts'], {
      preferLocal: true,
      all: true,
      reject: false,
    });
    expect([exitCode, all]).toEqual([0, expect.stringContaining('kB')]);
  });

  it('has found no script error and nothing blocked by its own content security policy', () => {
    expect(complaints).toEqual([]);
  });
});
