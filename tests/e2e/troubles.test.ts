import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Server } from '../../contract/servers.ts';
import { startBerth, type Run, type RunningBerth } from './berth.ts';
import { expectSound, launchBrowser } from './browser.ts';
import { until } from '../until.ts';

const WAIT = { timeout: 60_000 };
const NEW_PASSWORD = 'a viewer looks on';

describe('what people see when something goes wrong, or is not for them', () => {
  let berth: RunningBerth;
  let run: Run;
  let browser: Browser;
  const complaints: string[] = [];

  beforeAll(async () => {
    [berth, browser] = await Promise.all([startBerth({ speed: '0.3' }), launchBrowser()]);
    run = await berth.run();
  });
  afterAll(async () => {
    await browser.close();
    await berth.stop();
  });
  afterEach(() => berth.clearFaults());

  const button = (name: string | RegExp, within: Page | Locator) =>
    within.getByRole('button', { name, exact: true });
  async function logIn(path: string, who: { email: string; password: string }, within?: BrowserContext) {
    const context =
      within ??
      (await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' }));
    const page = await context.newPage();
    page.on('pageerror', (err) => complaints.push(err.message));
    await page.goto(`${run.dashboardUrl}${path}`);
    await page.getByLabel('E-mail').fill(who.email);
    await page.getByLabel('Password').fill(who.password);
    await button('Log in', page).click();
    return page;
  }
  const order = async (name: string) => berth.api.accepted(berth.api.order(name));
  const status = (page: Page, word: string) => page.locator('.server-head .status', { hasText: word });

  it('has a provision wait while the storage is full, until an operator has made room and resumes it', async () => {
    const message = 'unable to resize: No space left on device';
    await berth.addFault({ method: 'PUT', path: '/resize$', action: 'failTask', message });
    const { server, operation } = await order('patient');
    const [operator, customer] = await Promise.all([
      logIn('admin/operations', run.admin),
      logIn(`servers/${server.id}`, run.customer),
    ]);
    const waiting = operator.getByRole('list', { name: 'Operations' }).getByRole('listitem').first();
    for (const page of [customer, waiting]) await page.getByText(message).first().waitFor(WAIT);
    await expectSound(operator, 'admin-provision-waits');
    await button('Resume', waiting).click();
    expect(await berth.api.settled(operation.id)).toMatchObject({ status: 'succeeded', error: null });
    await status(customer, 'Running').waitFor(WAIT);
    await operator.getByRole('heading', { name: 'Nothing waits for a decision' }).waitFor(WAIT);
    await Promise.all([operator.context().close(), customer.context().close()]);
  });

  it('lets an operator finish a provision that failed and could not clean up, and its owner order again', async () => {
    const message = "disk 'scsi0' does not exist";
    await berth.addFault({ method: 'PUT', path: '/resize$', action: 'failTask', message });
    const refusal = 'Permission check failed (/vms, VM.Allocate)';
    await berth.addFault({
      method: 'DELETE',
      path: String.raw`/qemu/\d+$`,
      action: 'status',
      status: 403,
      reason: refusal,
      forMs: 600_000,
    });
    const { server, operation } = await order('unlucky');
    const [operator, customer] = await Promise.all([
      logIn('admin/operations', run.admin),
      logIn(`servers/${server.id}`, run.customer),
    ]);
    const waiting = operator.getByRole('list', { name: 'Operations' }).getByRole('listitem').first();
    await waiting.getByText(refusal).first().waitFor(WAIT);
    await waiting.getByText('What to do now:').waitFor(WAIT);
    await expectSound(operator, 'provision-needs-attention');

    // Permissions are given back.
    await berth.clearFaults();
    await button('Resume', waiting).click();
    expect(await berth.api.settled(operation.id)).toMatchObject({
      status: 'failed',
      error: { code: 'volume_missing' },
    });
    await operator.getByRole('heading', { name: 'Nothing waits for a decision' }).waitFor(WAIT);
    await status(customer, 'Failed').waitFor(WAIT);
    await customer.getByText(message).first().waitFor(WAIT);
    await expectSound(customer, 'provision-failed');
    const names = Object.values((await berth.cluster()).vms).map(({ config }) => config['name']);
    expect(names).not.toContain('unlucky');

    const again = await order('lucky');
    await customer.goto(`${run.dashboardUrl}servers/${again.server.id}`);
    await status(customer, 'Running').waitFor(WAIT);
    await Promise.all([operator.context().close(), customer.context().close()]);
  });

  it('shows nothing false while the worker is killed under a provision that somebody watches', async () => {
    const page = await logIn('', run.customer);
    await page.getByRole('heading', { level: 1, name: 'Servers' }).waitFor(WAIT);
    const { server, operation } = await order('watched');
    await page.getByRole('link', { name: 'watched' }).first().click();
    await status(page, 'Provisioning').waitFor(WAIT);
    await page.evaluate(`
      window.seen = new Set();
      const look = () => document.querySelectorAll('.server-head .status, .operation-head .bp6-tag')
        .forEach((each) => window.seen.add(each.textContent.trim()));
      look();
      new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });`);
    await until(async () => {
      const { steps } = await berth.api.operation(operation.id);
      return steps.some(({ name, task }) => name === 'clone' && task !== null);
    });
    const worker = await berth.pidOf('worker');
    process.kill(worker, 'SIGKILL');
    expect(await berth.api.settled(operation.id)).toMatchObject({ status: 'succeeded', error: null });
    await status(page, 'Running').waitFor(WAIT);
    // What was written into the window is gone after any reload.
    const seen = (await page.evaluate('[...window.seen]')) as string[];
    expect(seen.filter((word) => !['Provisioning', 'Running', 'Queued', 'Succeeded'].includes(word))).toEqual(
      [],
    );
    expect(await berth.api.server(server.id)).toMatchObject({ status: 'running' });
    await page.getByRole('tab', { name: 'Activity' }).click();
    await page.getByText('Succeeded').first().waitFor(WAIT);
    await expectSound(page, 'worker-killed');
    await page.context().close();
  });

  async function person(email: string) {
    const answer = await berth.admin.request('POST', '/admin/users', { email, name: email });
    const { passwordLink } = (await answer.json()) as { passwordLink: { link: string } };
    const token = new URL(passwordLink.link).hash.slice(1);
    const set = await fetch(`${run.apiUrl}/password`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, password: NEW_PASSWORD }),
    });
    expect(set.ok).toBe(true);
    return { email, password: NEW_PASSWORD };
  }
  async function invite(owner: Page, to: string, role: RegExp): Promise<string> {
    await owner.goto(`${run.dashboardUrl}account/team`);
    await button('Invite', owner).click();
    const dialog = owner.getByRole('dialog');
    await dialog.getByLabel('Access to').selectOption({ label: to });
    await dialog.getByRole('radio', { name: role }).check({ force: true });
    await button('Make the link', dialog).click();
    const link = owner.getByText(/\/app\/join#/);
    await link.waitFor(WAIT);
    const text = (await link.textContent()) ?? '';
    return text.slice(text.indexOf('/join#') + 1).trim();
  }
  const accessTokenOf = async (who: { email: string; password: string }) => {
    const answer = await fetch(`${run.apiUrl}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(who),
    });
    return ((await answer.json()) as { accessToken: string }).accessToken;
  };
  const reboot = async (token: string, { id }: Pick<Server, 'id'>) =>
    fetch(`${run.apiUrl}/servers/${id}/actions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ action: 'reboot' }),
    });

  it('lets a viewer see the servers of an account and change none', async () => {
    const owner = await logIn('', run.customer);
    await owner.getByRole('heading', { level: 1, name: 'Servers' }).waitFor(WAIT);
    const viewer = await person('viewer@example.org');
    const page = await logIn(await invite(owner, 'the whole account', /^Viewer/), viewer);
    await button('Take part', page).click();
    await page.getByRole('link', { name: 'watched' }).first().click();
    await status(page, 'Running').waitFor(WAIT);
    const power = page.getByRole('group', { name: 'Power' }).getByRole('button');
    expect(await power.evaluateAll((all) => all.every((each) => each.hasAttribute('disabled')))).toBe(true);
    expect(await page.getByText(/Your role does not allow/).count()).toBe(1);
    await expectSound(page, 'viewer-server');
    await page.getByRole('tab', { name: 'Activity' }).click();
    await page.getByText(`by ${run.customer.email}`, { exact: true }).waitFor(WAIT);
    const { items } = await berth.api.get<{ items: Server[] }>('/servers?search=watched');
    const refused = await reboot(await accessTokenOf(viewer), items[0] ?? { id: '' });
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'forbidden' }]);
    await Promise.all([owner.context().close(), page.context().close()]);
  });

  it('lets somebody operate one server and see no other', async () => {
    const owner = await logIn('', run.customer);
    await owner.getByRole('heading', { level: 1, name: 'Servers' }).waitFor(WAIT);
    const guest = await person('guest@example.org');
    const page = await logIn(await invite(owner, 'only watched', /^Operator/), guest);
    await button('Take part', page).click();
    await status(page, 'Running').waitFor(WAIT);
    await expectSound(page, 'guest-server');
    const { items } = await berth.api.get<{ items: Server[] }>('/servers');
    const token = await accessTokenOf(guest);
    const answers = await Promise.all(
      items.map(async (server) => [server.name, (await reboot(token, server)).status]),
    );
    expect(Object.fromEntries(answers)).toMatchObject({ watched: 202, lucky: 404 });
    await Promise.all([owner.context().close(), page.context().close()]);
  });

  it('has met no error of a page', () => {
    expect(complaints).toEqual([]);
  });
});
