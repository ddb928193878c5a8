import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { until } from '../until.ts';
import type { RunningBerth } from './berth.ts';

/** A VM that somebody made on Proxmox without Berth. */
export async function makeForeignVm(berth: RunningBerth, name: string): Promise<void> {
  const templates = Object.values((await berth.cluster()).vms).filter(
    ({ config }) => config['template'] === 1,
  );
  const { vmid, node } = templates[0] ?? {};
  const newid = String(randomInt(2_000, 8_000));
  await askProxmox(berth, `/nodes/${node}/qemu/${vmid}/clone`, { newid, name, full: '1' });
  await until(async () => {
    const vm = (await berth.cluster()).vms[Number(newid)];
    return vm?.config['name'] === name && vm.config['lock'] === undefined;
  });
}

/** A POST past Berth. */
export async function askProxmox(
  berth: RunningBerth,
  path: string,
  params: Record<string, string>,
): Promise<void> {
  const { proxmoxUrl } = await berth.run();
  const secrets = JSON.parse(await readFile(join(berth.dataDir, 'secrets.json'), 'utf8')) as {
    proxmoxTokenSecret: string;
  };
  const authorization = `PVEAPIToken=berth@pve!berth=${secrets.proxmoxTokenSecret}`;
  const answer = await request(`${proxmoxUrl}/api2/json${path}`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(params).toString(),
    dispatcher: new Agent({ connect: { rejectUnauthorized: false } }),
  });
  if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${await answer.body.text()}`);
}
