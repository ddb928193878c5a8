import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Server } from '../../contract/servers.ts';
import { startBerth, type Run, type RunningBerth } from './berth.ts';
import { makeForeignVm } from './ask-proxmox.ts';
import { expectSound, launchBrowser } from './browser.ts';

const WAIT = { timeout: 60_000 };

describe("an operator's day in a browser", () => {
  let berth: RunningBerth;
  let run: Run;
  let browser: Browser;
  let page: Page;
  let server: Server;
  const complaints: string[] = [];

  beforeAll(async () => {
    [berth, browser] = await Promise.all([startBerth({ speed: '0.3' }), launchBrowser()]);
    run = await berth.run();
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
    });
    page = await context.newPage();
    page.on('pageerror', (err) => complaints.push(err.message));
    const accepted = await berth.api.accepted(berth.api.order('shop-1'));
    ({ server } = accepted);
    await berth.api.settled(accepted.operation.id);
    await page.goto(`${run.dashboardUrl}admin`);
    await page.getByLabel('E-mail').fill(run.admin.email);
    await page.getByLabel('Password').fill(run.admin.password);
    await button('Log in').click();
  });
  afterAll(async () => {
    await browser.close();
    await berth.stop();
  });

  // What one test leaves open is not in the way of the next.
  afterEach(async () => page.keyboard.press('Escape'));

  const button = (name: string | RegExp, within: Page | Locator = page) =>
    within.getByRole('button', { name, exact: true });
  const asCustomer = async (path: string) => {
    const theirs = await (await browser.newContext({ reducedMotion: 'reduce' })).newPage();
    await theirs.goto(`${run.dashboardUrl}${path}`);
    await theirs.getByLabel('E-mail').fill(run.customer.email);
    await theirs.getByLabel('Password').fill(run.customer.password);
    await button('Log in', theirs).click();
    return theirs;
  };
  const go = async (name: string) => {
    await page.getByRole('navigation', { name: 'Administration' }).getByText(name, { exact: true }).click();
    await page.getByRole('heading', { level: 1, name }).waitFor(WAIT);
  };
  const row = (text: string) => page.getByRole('row').filter({ hasText: text });

  it('finds what needs attention, with cause and remedy, and resumes it', async () => {
    await berth.addFault({
      method: 'PUT',
      path: '/resize$',
      action: 'failTask',
      message: 'unable to resize: No space left on device',
      count: 1,
    });
    const { items } = await berth.api.get<{ items: { id: string; name: string }[] }>('/plans');
    const planId = items.find(({ name }) => name === 'Medium')?.id;
    const { operation } = await berth.api.accepted(
      berth.api.request('POST', `/servers/${server.id}/resize`, { planId }),
    );
    await go('Operations');
    const failed = page.getByRole('list', { name: 'Operations' }).getByRole('listitem').first();
    await failed
      .getByText(/No space left on device/)
      .first()
      .waitFor(WAIT);
    await expectSound(page, 'admin-operations');
    await button('Resume', failed).click();
    expect(await berth.api.settled(operation.id)).toMatchObject({ status: 'succeeded' });
    await page.getByRole('heading', { level: 2, name: 'Nothing waits for a decision' }).waitFor(WAIT);
  });

  it('is shown the certificate of a new cluster and told what is wrong with its token, before anything is saved', async () => {
    await go('Clusters');
    await button('Add cluster').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('other');
    await dialog.getByLabel('Location').fill('Elsewhere');
    await dialog.getByLabel('Addresses').fill(run.proxmoxUrl);
    await dialog.getByLabel('Token id').fill('nobody@pve!nothing');
    await dialog.getByLabel('Token secret', { exact: true }).fill('not the secret');
    await button('Test connection', dialog).click();
    await button('It is the same: trust it', dialog).waitFor(WAIT);
    await expectSound(page, 'admin-add-cluster');
    await button('It is the same: trust it', dialog).click();
    await button('Test connection', dialog).click();
    await dialog
      .getByText(/^Code token_/)
      .first()
      .waitFor(WAIT);
    expect(await button('Add cluster', dialog).count()).toBe(0);
    await button('Cancel', dialog).click();
    await button('Edit default').click();
    await page.getByRole('dialog').getByText('Change how it is reached, or its token').click();
    await expectSound(page, 'admin-edit-cluster');
    await button('Cancel', page.getByRole('dialog')).click();
  });

  it('looks for VMs that no server holds', async () => {
    await go('Clusters');
    await page.getByRole('link', { name: 'Adopt a VM of default' }).click();
    await page.getByRole('heading', { level: 2, name: 'Every VM belongs to a server' }).waitFor(WAIT);
    await expectSound(page, 'admin-adopt');
  });

  it('gives a VM that was there before Berth to a customer, who finds it in their list', async () => {
    await makeForeignVm(berth, 'legacy-shop');
    await go('Clusters');
    await page.getByRole('link', { name: 'Adopt a VM of default' }).click();
    await page.reload();
    await button(/^Adopt VM/, row('legacy-shop')).click();
    await expectSound(page, 'admin-adopt-list');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Search accounts').fill(run.customer.email);
    const theirs = dialog.getByRole('option', { name: run.customer.email });
    await theirs.waitFor({ state: 'attached', ...WAIT });
    await dialog
      .getByLabel('Account', { exact: true })
      .selectOption((await theirs.getAttribute('value')) ?? '');
    await button('Show what changes', dialog).click();
    await button('Adopt VM', dialog).waitFor(WAIT);
    await expectSound(page, 'admin-adopt-preview');
    await button('Adopt VM', dialog).click();
    await page.getByRole('heading', { level: 1, name: 'legacy-shop' }).waitFor(WAIT);
    await page.locator('.server-head .status', { hasText: 'Stopped' }).waitFor(WAIT);

    const customer = await asCustomer('');
    await customer.getByRole('link', { name: 'legacy-shop' }).first().waitFor(WAIT);
    await expectSound(customer, 'adopted');
    await customer.context().close();
    await page.goto(`${run.dashboardUrl}admin`);
  });

  it('sets how long a deletion can be undone, which customers are told at once', async () => {
    await go('Settings');
    await button('Change: Deletions can be undone for').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Hours').fill('48');
    await button('Save setting', dialog).click();
    await page.getByText('48 hours').waitFor(WAIT);
    await expectSound(page, 'admin-settings');
    expect(await berth.api.get('/settings')).toEqual({ deleteGraceHours: 48 });
  });

  it('finds servers by terms, and is told of one that is not understood', async () => {
    await page.goto(`${run.dashboardUrl}admin/servers?q=status:running+plan:medium+shop`);
    await row('shop-1').waitFor(WAIT);
    await page.getByLabel('Search servers').fill('color:red');
    await page.getByText(/there is no color:/).waitFor(WAIT);
    await expectSound(page, 'admin-search');
  });

  it.each(['Differences', 'Orphans', 'Clusters', 'IP pools', 'Migrations', 'Templates', 'Accounts'])(
    'reads the page %s',
    async (name) => {
      await go(name);
      await page
        .getByRole('main')
        .getByLabel('Loading')
        .waitFor({ state: 'detached', ...WAIT });
      expect(await page.getByText(/could not be read/).count()).toBe(0);
      await expectSound(page, `admin-${name.toLowerCase().replaceAll(' ', '-')}`);
    },
  );

  it('finds a server and compares it with Proxmox', async () => {
    await page.goto(`${run.dashboardUrl}admin/servers`);
    await row('shop-1').waitFor(WAIT);
    await expectSound(page, 'admin-servers');
    await page.goto(`${run.dashboardUrl}admin/servers/${server.id}/truth`);
    await page.getByRole('heading', { level: 1 }).filter({ hasText: 'shop-1' }).waitFor(WAIT);
    await expectSound(page, 'admin-truth');
  });

  it('puts a node into maintenance and sees what is on it', async () => {
    await go('Clusters');
    await page.getByRole('link', { name: 'pve1', exact: true }).first().click();
    await page.getByRole('heading', { level: 1, name: /^pve1/ }).waitFor(WAIT);
    await page.getByRole('switch').or(page.getByRole('checkbox')).first().click({ force: true });
    await page
      .getByText(/maintenance/i)
      .first()
      .waitFor(WAIT);
    await expectSound(page, 'admin-node');
    const nodes = await berth.admin.get<{ items: { name: string; acceptsServers: boolean }[] }>(
      '/admin/nodes',
    );
    expect(nodes.items.find(({ name }) => name === 'pve1')).toMatchObject({ acceptsServers: false });
  });

  it('adds a plan, which customers can order at once', async () => {
    await go('Plans');
    await button('Add plan').click();
    const dialog = page.getByRole('dialog');
    await button('Add plan', dialog).click();
    await dialog.getByText('Enter a name').waitFor(WAIT);
    await expectSound(page, 'admin-plan-missing');
    await dialog.getByLabel('Name').fill('Huge');
    await dialog.getByLabel('Processors').fill('1600');
    await dialog.getByLabel('Memory (MiB)').fill('32768');
    await dialog.getByLabel('Disk (GiB)').fill('400');
    await page.setViewportSize({ width: 360, height: 480 });
    await button('Add plan', dialog).click();
    const refused = dialog.locator('input:focus[aria-invalid="true"]');
    await refused.waitFor(WAIT);
    expect(await refused.inputValue()).toBe('1600');
    const { y = -1, height = 0 } = (await refused.boundingBox()) ?? {};
    expect([y >= 0, y + height <= 480]).toEqual([true, true]);
    await expectSound(page, 'admin-plan-refused');
    await refused.fill('16');
    await expectSound(page, 'admin-add-plan');
    await button('Add plan', dialog).click();
    await row('Huge').waitFor(WAIT);
    const { items } = await berth.api.get<{ items: { name: string }[] }>('/plans');
    expect(items.map(({ name }) => name)).toContain('Huge');
  });

  it('covers customers and addresses for a picture', async () => {
    await page.getByRole('button', { name: /Account menu/ }).click();
    await page.getByRole('menuitem', { name: 'Mask for screenshots' }).click();
    const tag = page.getByRole('button', { name: /^Masked/ });
    await tag.waitFor(WAIT);
    await go('Users');
    await expectSound(page, 'masked-users');
    await page.goto(`${run.dashboardUrl}admin/servers`);
    await row('shop-1').waitFor(WAIT);
    await expectSound(page, 'masked-all-servers');
    await page.goto(`${run.dashboardUrl}servers/${server.id}`);
    await page.getByRole('heading', { level: 1, name: 'shop-1' }).waitFor(WAIT);
    await expectSound(page, 'masked-server');
    await tag.click();
    await page.goto(`${run.dashboardUrl}admin`);
  });

  it('looks through the eyes of a customer, with a banner, and comes back', async () => {
    await go('Users');
    await expectSound(page, 'admin-users');
    await button(`Sign in as ${run.customer.email}`).click();
    await button('Sign in as this user', page.getByRole('dialog')).click();
    await page.getByText(/see Berth as/).waitFor(WAIT);
    await page.getByText('shop-1', { exact: true }).waitFor(WAIT);
    await expectSound(page, 'acting');
    await button('Leave').click();
    await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor(WAIT);
    expect(await page.getByText(/see Berth as/).count()).toBe(0);
  });

  it('is not met by a customer', async () => {
    const theirs = await asCustomer('admin/users');
    await theirs.getByRole('heading', { level: 1, name: 'There is nothing here' }).waitFor(WAIT);
    expect(await theirs.getByRole('navigation', { name: 'Administration' }).count()).toBe(0);
  });

  it('has met no error of the page', () => {
    expect(complaints).toEqual([]);
  });
});
