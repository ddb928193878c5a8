import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBerth, type ClusterView, type RunningBerth } from './berth.ts';

let berth: RunningBerth;
beforeAll(async () => {
  berth = await startBerth({ speed: '0', whmcs: true });
});
afterAll(() => berth.stop());

/** A command of the README, told of nothing but where this run keeps its data. */
async function runCommand(...args: string[]): Promise<string> {
  const { stdout } = await execa('npm', ['run', '--silent', ...args], {
    env: { BERTH_DATA_DIR: berth.dataDir },
  });
  return stdout;
}

async function vmidsOf(controlUrl: string): Promise<string[]> {
  const { vms } = (await (await fetch(`${controlUrl}/state`)).json()) as ClusterView;
  return Object.keys(vms);
}

it('shows the WHMCS to the command that the table of npm start names', async () => {
  const report = JSON.parse(await runCommand('migrate', '--', 'inspect', '--json')) as {
    counts: Record<string, number>;
  };
  expect(report.counts['tblhosting']).toBeGreaterThan(100);
});

it('watches the provider’s clusters too, and builds what is ordered on its own', async () => {
  const { whmcsClusters } = await berth.run();
  if (!whmcsClusters) throw new Error('there are no clusters of a WHMCS');
  const urls = Object.values(whmcsClusters).map(({ proxmoxControlUrl }) => proxmoxControlUrl);
  const before = await Promise.all(urls.map(vmidsOf));
  const orders = await Promise.all(['web-1', 'web-2', 'web-3'].map(async (name) => berth.api.order(name)));
  const accepted = await Promise.all(orders.map(async (order) => berth.api.accepted(order)));
  const operations = await Promise.all(
    accepted.map(async ({ operation }) => berth.api.settled(operation.id)),
  );
  expect(operations.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  const { vms } = await berth.cluster();
  expect(Object.values(vms).filter(({ config }) => /^web-\d$/.test(String(config['name'])))).toHaveLength(3);
  expect(await Promise.all(urls.map(vmidsOf))).toEqual(before);
  // A look at every node of every cluster has been recorded.
  const calls = await Promise.all(
    urls.map(async (url) => (await (await fetch(`${url}/calls`)).json()) as { status: number | null }[]),
  );
  for (const list of calls) {
    expect(list.length).toBeGreaterThan(0);
    // Null while a call is under way.
    expect(list.every(({ status }) => status === 200 || status === null)).toBe(true);
  }
});
