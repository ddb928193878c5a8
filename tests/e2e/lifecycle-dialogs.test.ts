import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startBerth, type ClusterVm, type Run, type RunningBerth } from './berth.ts';
import { expectSound, launchBrowser, screenshotPath } from './browser.ts';
import { until } from '../until.ts';

const WAIT = { timeout: 40_000 };

/** Everything that is asked for in a dialog, completed: what the dashboard then shows, and what has become of the VM. */
describe('a server changed in a browser', () => {
  let berth: RunningBerth;
  let run: Run;
  let browser: Browser;
  let customer: Page;
  let admin: Page;
  let serverId: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    [berth, browser] = await Promise.all([
      startBerth({ speed: '0.2', deleteGraceHours: 1 }),
      launchBrowser(),
    ]);
    run = await berth.run();
    const { server, operation } = await berth.api.accepted(berth.api.order('web-1'));
    serverId = server.id;
    [customer, admin] = await Promise.all([openServer(run.customer), openServer(run.admin)]);
    await berth.api.settled(operation.id);
  });
  afterAll(async () => {
    await browser.close();
    await berth.stop();
  });

  // What one test leaves open is not in the way of the next.
  afterEach(async () => {
    for (const page of [customer, admin]) await page.keyboard.press('Escape');
  });

  async function openServer(who: Run['customer']): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    page.on('pageerror', (err) => complaints.push(err.message));
    page.on('console', (message) => {
      if (/Content Security Policy|Refused to/.test(message.text())) complaints.push(message.text());
    });
    await page.goto(`${run.dashboardUrl}servers/${serverId}`);
    await page.getByLabel('E-mail').fill(who.email);
    await page.getByLabel('Password').fill(who.password);
    await button(page, 'Log in').click();
    await region(page, 'Manage').waitFor(WAIT);
    return page;
  }

  const button = (within: Page | Locator, name: string) => within.getByRole('button', { name, exact: true });
  const region = (page: Page, name: string) => page.getByRole('region', { name });
  const dialogOf = (page: Page) => page.getByRole('dialog');
  const status = (page: Page, word: string) => page.locator('.server-head .status', { hasText: word });
  const notice = (page: Page, text: string | RegExp) => page.locator('.notice', { hasText: text });
  const picture = async (page: Page, name: string) => {
    const path = await screenshotPath(name);
    if (path) await page.screenshot({ path, fullPage: true });
  };

  /** Opens a dialog that has the focus, is closed by Esc and gives the focus back; it is left open, and looked at. */
  async function open(page: Page, opener: Locator, name: string): Promise<Locator> {
    const dialog = dialogOf(page);
    await opener.and(page.locator(':not([disabled])')).click(WAIT);
    await dialog.waitFor(WAIT);
    // Of a dialog without a field it is the dialog itself, by an element of no size.
    await page.locator('.bp6-portal :focus').waitFor({ state: 'attached', ...WAIT });
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await opener.and(page.locator(':focus')).waitFor(WAIT);
    await opener.click();
    await dialog.waitFor();
    // Cards and fields that are read from the API first.
    await dialog.locator('.bp6-spinner').waitFor({ state: 'detached' });
    await expectSound(page, name);
    return dialog;
  }
  const manage = (page: Page, label: string, name: string) =>
    open(page, button(region(page, 'Manage'), label), name);

  /** Submits and waits until the operation it made has succeeded. */
  async function submit(dialog: Locator, label: string): Promise<void> {
    const former = await latestOperation();
    await button(dialog, label).click();
    await dialog.waitFor({ state: 'detached', ...WAIT });
    await succeeded(former);
  }
  const latestOperation = async () => {
    const { items } = await berth.admin.get<{ items: { id: string; status: string }[] }>(
      `/servers/${serverId}/operations?limit=1`,
    );
    return items[0];
  };
  const succeeded = async (former: { id: string } | undefined) => {
    await until(async () => (await latestOperation())?.id !== former?.id);
    const operation = await berth.api.settled((await latestOperation())?.id ?? '');
    expect(operation).toMatchObject({ status: 'succeeded', error: null });
  };
  const vm = async (): Promise<ClusterVm> => {
    const found = Object.values((await berth.cluster()).vms).find(({ config }) => config['name'] === 'web-1');
    if (!found) throw new Error('web-1 has no VM');
    return found;
  };

  it('gets labels, and one that cannot be is explained in its field', async () => {
    const dialog = await manage(customer, 'Edit labels', 'labels');
    const input = dialog.getByLabel('Labels');
    await input.fill('env=live\nteam');
    await button(dialog, 'Save labels').click();
    await dialog.getByText('Write “team” as key=value').waitFor();
    await input.fill('env=live\nTeam Red=a');
    await button(dialog, 'Save labels').click();
    await dialog.getByText(/^Team Red: as a key use 1 to 63 small letters/).waitFor(WAIT);
    await expectSound(customer, 'labels-refused');
    await input.fill('env=live\nteam=a');
    await button(dialog, 'Save labels').click();
    await admin.getByText('team=a', { exact: true }).waitFor(WAIT);
    expect((await berth.api.server(serverId)).labels).toEqual({ env: 'live', team: 'a' });
  });

  it('is protected, and then neither deleted nor rebuilt', async () => {
    const erase = button(customer.locator('.danger-zone'), 'Delete server');
    const rebuild = button(region(customer, 'Manage'), 'Rebuild');
    for (const [name, guarded] of [
      ['Protect against deletion', erase],
      ['Protect against rebuilding', rebuild],
    ] as const) {
      const toggle = customer.getByRole('switch', { name });
      await toggle.click({ force: true });
      await until(() => guarded.isDisabled());
      await picture(customer, name.toLowerCase().replaceAll(' ', '-'));
      await toggle.click({ force: true });
      await until(() => guarded.isEnabled());
    }
  });

  it('gets a new password inside', async () => {
    const dialog = await manage(customer, 'Reset password', 'password');
    const input = dialog.getByLabel('New password');
    await input.fill('too short');
    await button(dialog, 'Reset password').click();
    await dialog.getByText('Choose one of at least 10 characters').waitFor();
    await input.fill('gänsefüßchen');
    await button(dialog, 'Reset password').click();
    await dialog.getByText(/use printable ASCII characters only/i).waitFor(WAIT);
    await expectSound(customer, 'password-refused');
    await input.fill('a much better one');
    await submit(dialog, 'Reset password');
    expect((await vm()).guest?.passwords).toEqual({ debian: 'a much better one' });
  });

  it('gets a larger plan after its failure is decided upon, and is told to reboot', async () => {
    await berth.addFault({
      method: 'PUT',
      path: '/resize$',
      action: 'failTask',
      message: 'unable to resize: No space left on device',
      count: 1,
    });
    const dialog = await manage(customer, 'Change plan', 'plan');
    await dialog.getByText('Medium', { exact: true }).click();
    await button(dialog, 'Change plan').click();
    const offered = (page: Page) => region(page, 'Latest operation').locator('.decisions');
    await button(offered(admin), 'Roll back').waitFor(WAIT);
    await button(offered(admin), 'Skip this step').waitFor(WAIT);
    await expectSound(admin, 'attention-admin');
    await button(offered(customer), 'Resume').waitFor(WAIT);
    expect(await offered(customer).getByRole('button').count()).toBe(1);
    await expectSound(customer, 'attention-customer');
    await button(offered(customer), 'Resume').click();
    expect(await berth.api.settled((await latestOperation())?.id ?? '')).toMatchObject({
      status: 'succeeded',
    });
    expect((await vm()).pending).toMatchObject({ cores: 2 });

    const restart = notice(customer, 'The new size takes effect after a restart.');
    await restart.waitFor(WAIT);
    await submit(await open(customer, button(restart, 'Reboot now'), 'reboot-now'), 'Reboot');
    await restart.waitFor({ state: 'detached', ...WAIT });
    expect((await vm()).guest?.config).toMatchObject({ cores: 2, memory: '4096' });
  });

  it.each([
    ['Roll back', 'failed', 'Medium'],
    ['Skip this step', 'succeeded', 'Large'],
  ])('goes on as an administrator decides: %s', async (decision, outcome, plan) => {
    await berth.addFault({ method: 'PUT', path: '/resize$', action: 'failTask', message: 'out of space' });
    const { items } = await berth.api.get<{ items: { id: string; name: string }[] }>('/plans');
    const planId = items.find(({ name }) => name === 'Large')?.id;
    const { operation } = await berth.api.accepted(
      berth.api.request('POST', `/servers/${serverId}/resize`, { planId }),
    );
    await button(region(admin, 'Latest operation'), decision).click(WAIT);
    expect(await berth.api.settled(operation.id)).toMatchObject({ status: outcome });
    await admin.locator('.fact', { hasText: plan }).waitFor(WAIT);
    expect((await vm()).config['scsi0']).toContain('size=40G');
  });

  it('boots the rescue system, says so, and comes back from it', async () => {
    await submit(await manage(customer, 'Boot rescue system', 'rescue'), 'Boot rescue system');
    const inRescue = notice(customer, 'This server is in the rescue system.');
    await inRescue.waitFor(WAIT);
    expect((await vm()).guest?.system).toBe('rescue');
    await expectSound(customer, 'in-rescue');
    expect(await button(region(customer, 'Manage'), 'Reset password').isDisabled()).toBe(true);
    const leave = await open(customer, button(inRescue, 'Leave rescue system'), 'leave-rescue');
    await submit(leave, 'Leave rescue system');
    await inRescue.waitFor({ state: 'detached', ...WAIT });
    expect((await vm()).guest?.system).not.toBe('rescue');
  });

  it('moves to the node an administrator chooses', async () => {
    const { node } = await vm();
    const dialog = await manage(admin, 'Move to another node', 'move');
    const nodes = dialog.getByRole('radio');
    expect(await nodes.count()).toBe(2);
    const target = (await nodes.first().getAttribute('aria-label')) ?? '';
    await dialog.getByText(target, { exact: true }).click();
    await submit(dialog, 'Move server');
    await admin.getByText(`It is on ${target}.`).waitFor(WAIT);
    expect([(await vm()).node, target]).toEqual([target, expect.not.stringMatching(`^${node}$`)]);
    expect((await vm()).guest).not.toBeNull();
  });

  it('is suspended with a reason that its owner reads, and given back running', async () => {
    const dialog = await manage(admin, 'Suspend', 'suspend');
    await dialog.getByLabel('Reason').fill('no');
    await button(dialog, 'Suspend server').click();
    await dialog.getByText('Give a reason, of three characters at least').waitFor();
    await dialog.getByLabel('Reason').fill('Overdue on payment');
    await submit(dialog, 'Suspend server');
    await notice(customer, /has suspended this server: Overdue on payment\. Ask/).waitFor(WAIT);
    await status(customer, 'Suspended').waitFor(WAIT);
    expect(await vm()).toMatchObject({ guest: null, config: { onboot: 0 } });
    await picture(customer, 'suspended-customer');
    await submit(await manage(admin, 'Lift suspension', 'lift'), 'Lift suspension');
    await status(customer, 'Running').waitFor(WAIT);
    expect(await vm()).toMatchObject({ guest: { hasSystem: true }, config: { onboot: 1 } });
  });

  it('can be kept after its deletion, until it is erased', async () => {
    const danger = region(customer, 'Delete this server');
    await danger.getByText(/1 hour later; until then/).waitFor(WAIT);
    const dialog = await open(customer, button(danger, 'Delete server'), 'delete');
    await dialog.getByText(/erased 1 hour later/).waitFor();
    await dialog.getByRole('textbox').fill('web-1');
    await button(dialog, 'Delete server').click();
    const doomed = notice(customer, /will be erased on/);
    await doomed.waitFor(WAIT);
    await until(async () => (await vm()).guest === null, 60_000);
    await expectSound(customer, 'grace');
    await button(doomed, 'Keep the server').click();
    await status(customer, 'Running').waitFor(WAIT);
    await doomed.waitFor({ state: 'detached', ...WAIT });
    expect((await vm()).guest).not.toBeNull();
  });

  it('is erased at once when an administrator wants that', async () => {
    const danger = region(admin, 'Delete this server');
    const dialog = await open(admin, button(danger, 'Delete server'), 'delete-admin');
    await dialog.getByText('Erase it at once, without that time').click();
    await dialog.getByRole('textbox').fill('web-1');
    await button(dialog, 'Delete server').click();
    await admin.getByText('web-1 was deleted.').waitFor(WAIT);
    const names = Object.values((await berth.cluster()).vms).map(({ config }) => config['name']);
    expect(names).not.toContain('web-1');
  });

  it('has caused no script error, and nothing was blocked by the content security policy', () => {
    expect(complaints).toEqual([]);
  });
});
