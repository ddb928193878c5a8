import { afterAll, beforeAll, expect, it } from 'vitest';
import { syncCluster } from './sync-cluster.ts';
import { Template } from '../db/models/template.ts';
import { createEstate, type Estate } from '../tests/stack.ts';

let estate: Estate;
beforeAll(async () => {
  estate = await createEstate();
});
afterAll(() => estate.close());

it.each([
  ['enabled=1', 'agent'],
  ['1,fstrim_cloned_disks=1', 'agent'],
  ['enabled=yes', 'agent'],
  ['enabled=0', 'running'],
  [undefined, 'running'],
])('of a template with agent %s it learns that servers are ready when: %s', async (agent, readyWhen) => {
  const { database, simulator, cluster, deps } = estate;
  const template = simulator.state.vms[9000];
  if (!template) throw new Error('there is no template');
  template.config['name'] = `system-${String(agent).replaceAll(/\W/g, '-')}`;
  if (agent === undefined) delete template.config['agent'];
  else template.config['agent'] = agent;
  const { proxmox } = await deps.clusters.of(cluster.id);
  await syncCluster(database, cluster.id, proxmox);
  const learned = await Template.query(database).findOne({ name: template.config['name'] });
  expect(learned?.readyWhen).toBe(readyWhen);
});
