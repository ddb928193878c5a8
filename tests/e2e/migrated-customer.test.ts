import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBerth, type ClusterView, type Run, type RunningBerth } from './berth.ts';
import { expectSound, launchBrowser } from './browser.ts';
import { until } from '../until.ts';
import type { RowTruth, Truth } from '../../testbed/whmcs/truth.ts';

const WAIT = { timeout: 60_000 };

type UserTruth = Extract<RowTruth, { entity: 'user' }>;
type ServiceTruth = Extract<RowTruth, { entity: 'service' }>;

let berth: RunningBerth;
let run: Run;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let truths: Truth[];
const complaints: string[] = [];

/** A command of docs/migration.md, told of nothing but where this run keeps its data. */
async function migrate(...args: string[]): Promise<string> {
  const { stdout } = await execa('npm', ['run', '--silent', 'migrate', '--', ...args], {
    env: { BERTH_DATA_DIR: berth.dataDir },
  });
  return stdout;
}

beforeAll(async () => {
  [berth, browser] = await Promise.all([startBerth({ speed: '0', whmcs: true }), launchBrowser()]);
  run = await berth.run();
  const mapping = ['--mapping', run.whmcsMapping ?? ''];
  await migrate('plan', ...mapping);
  await migrate('run', ...mapping);
  const lines = (await readFile(join(run.whmcsTruthDir ?? '', 'truth.jsonl'), 'utf8')).trim().split('\n');
  truths = lines.map((line) => JSON.parse(line) as Truth);
});
afterAll(async () => {
  await browser?.close();
  await berth?.stop();
});

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  page = await context.newPage();
  page.on('pageerror', (err) => complaints.push(err.message));
});
afterEach(() => context.close());

/** The services that a user finds after logging in, as the truth has them. */
function servicesOf({ sourceId }: UserTruth): ServiceTruth[] {
  const accounts = truths.flatMap((truth) =>
    truth.entity === 'client' &&
    truth.outcome === 'migrated' &&
    truth.target?.members.some(({ userId }) => userId === sourceId)
      ? [truth.sourceId]
      : [],
  );
  return truths.filter(
    (truth): truth is ServiceTruth =>
      truth.entity === 'service' &&
      truth.outcome === 'migrated' &&
      accounts.includes(truth.target?.clientId ?? 0),
  );
}

function findUser(fits: (user: UserTruth, services: ServiceTruth[]) => boolean) {
  for (const truth of truths) {
    if (truth.entity !== 'user' || truth.outcome !== 'migrated') continue;
    const services = servicesOf(truth);
    if (fits(truth, services)) return { user: truth, email: truth.target?.email ?? '', services };
  }
  throw new Error('the made-up provider has no such user');
}

const isQuiet = ({ target, warnings }: ServiceTruth) => target?.status === 'active' && warnings.length === 0;
const nameOf = ({ target, sourceId }: ServiceTruth) => target?.hostname?.split('.')[0] ?? `vps-${sourceId}`;

async function logIn(email: string, password: string): Promise<void> {
  await page.goto(run.dashboardUrl);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
}

const status = (word: string) => page.locator('.server-head .status', { hasText: word });

/** When the VM of a service last began to boot, as its Proxmox has it. */
async function bootedAt({ target }: ServiceTruth): Promise<number> {
  const { cluster, vmid } = target?.binding ?? { cluster: '', vmid: 0 };
  const { proxmoxControlUrl } = run.whmcsClusters?.[cluster as 'fra1'] ?? { proxmoxControlUrl: '' };
  const { vms } = (await (await fetch(`${proxmoxControlUrl}/state`)).json()) as ClusterView;
  return (vms[vmid]?.guest as { bootedAt: number } | null)?.bootedAt ?? 0;
}

/** Pictures in light and dark, wide and narrow; nothing is wider than the window, and everybody can read it. */
async function look(name: string): Promise<void> {
  await expectSound(page, `migrated-${name}`);
  await page.setViewportSize({ width: 1280, height: 800 });
}

describe('a customer of WHMCS in the dashboard of Berth', () => {
  it.each([
    ['bcrypt', ['bcrypt']],
    ['an older hash', ['md5', 'salted-md5', 'hmac-sha256']],
  ])('logs in with the password of WHMCS, kept as %s, and reboots a server', async (_, kinds) => {
    const { user, email, services } = findUser(
      ({ password: { kind, plain } }, of) => kinds.includes(kind) && plain !== null && of.some(isQuiet),
    );
    const service = services.find(isQuiet);
    if (!service?.target) throw new Error('no server');
    const { vcpu, primaryIp } = service.target;
    const name = nameOf(service);
    await logIn(email, user.password.plain ?? '');
    await page.getByRole('link', { name, exact: true }).first().waitFor(WAIT);
    for (const other of services) {
      expect(await page.getByRole('link', { name: nameOf(other), exact: true }).count()).toBeGreaterThan(0);
    }
    await look(`list-${kinds[0]}`);
    await page.getByRole('link', { name, exact: true }).first().click();
    await status('Running').waitFor(WAIT);
    await page.getByText(`${vcpu} vCPU`).first().waitFor(WAIT);
    expect(await page.getByText(primaryIp ?? 'none').count()).toBeGreaterThan(0);
    await look(`server-${kinds[0]}`);
    const before = await bootedAt(service);
    expect(before).toBeGreaterThan(0);
    await page.getByRole('group', { name: 'Power' }).getByRole('button', { name: 'Reboot' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Reboot' }).click();
    await until(async () => (await bootedAt(service)) > before, 60_000);
    await page.getByRole('tab', { name: 'Activity' }).click();
    const latest = page.getByRole('list', { name: 'Activity' }).getByRole('listitem').first();
    await latest.filter({ hasText: 'Reboot' }).filter({ hasText: 'Succeeded' }).waitFor(WAIT);
    await status('Running').waitFor(WAIT);
  });

  it('is told that a server is protected against deletion, and lifts that', async () => {
    const { user, email, services } = findUser(
      ({ password }, of) => password.plain !== null && of.some(isQuiet),
    );
    const service = services.find(isQuiet);
    if (!service) throw new Error('no server');
    await logIn(email, user.password.plain ?? '');
    await page
      .getByRole('link', { name: nameOf(service), exact: true })
      .first()
      .click();
    const zone = page.locator('.danger-zone');
    await zone.getByText('This server is protected against deletion.').waitFor(WAIT);
    const erase = zone.getByRole('button', { name: 'Delete server' });
    expect(await erase.isDisabled()).toBe(true);
    await zone.getByText('Protect against deletion', { exact: true }).click();
    await zone.getByText('Erases the VM with its disks').waitFor(WAIT);
    expect(await erase.isEnabled()).toBe(true);
    expect(await bootedAt(service)).toBeGreaterThan(0);
  });

  it('sees why a server is suspended, and nothing to press', async () => {
    const isSuspended = ({ target }: ServiceTruth) => target?.status === 'suspended';
    const { user, email, services } = findUser(
      ({ password }, of) => password.plain !== null && of.some(isSuspended),
    );
    const service = services.find(isSuspended);
    if (!service) throw new Error('no server');
    await logIn(email, user.password.plain ?? '');
    await page
      .getByRole('link', { name: nameOf(service), exact: true })
      .first()
      .click();
    await status('Suspended').waitFor(WAIT);
    expect(await page.getByText(/Your provider has suspended this server: \S.*\. Ask your/).count()).toBe(1);
    expect(await page.getByRole('group', { name: 'Power' }).count()).toBe(0);
    await look('suspended');
  });

  it('without a password of use sets one by the link of the admin’s file, once', async () => {
    const file = join(berth.dataDir, 'links.csv');
    await migrate('password-links', '--out', file);
    const links = new Map(
      (await readFile(file, 'utf8'))
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',') as [string, string]),
    );
    const { email } = findUser(({ password }) => password.kind === 'none');
    const link = links.get(email) ?? '';
    await page.goto(link);
    await page.getByLabel('New password').fill('correct horse battery');
    await look('set-password');
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.getByText('Your password is set. Log in with it.').waitFor(WAIT);
    await logIn(email, 'correct horse battery');
    await page.getByRole('heading', { name: 'Servers', exact: true }).waitFor(WAIT);
    await page.goto('about:blank');
    await page.goto(link);
    await page.getByLabel('New password').fill('somebody else later');
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.getByText('This link has expired or has been used.').waitFor(WAIT);
  });

  it('meets no script error', () => {
    expect(complaints).toEqual([]);
  });
});
