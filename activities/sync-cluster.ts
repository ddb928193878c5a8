import { raw } from 'objection';
import { bootDisk } from './boot-disk.ts';
import type { Database } from '../db/connect.ts';
import { Node } from '../db/models/node.ts';
import { Storage } from '../db/models/storage.ts';
import { Template } from '../db/models/template.ts';
import { TemplateVm } from '../db/models/template-vm.ts';
import type { Proxmox } from '../proxmox/client.ts';
import { TEMPLATE_TAG } from '../proxmox/template-tag.ts';
import { isTrue, parseProperties } from '../proxmox/vm-config.ts';

const MIB = 1024 ** 2;

/** Resolves when a node may be called. */
type Turn = (node: string) => Promise<void>;

/** Learns the cluster's nodes, their size and storages, and the templates tagged for Berth. */
export async function syncCluster(
  database: Database,
  clusterId: string,
  proxmox: Proxmox,
  turn: Turn = async () => {},
): Promise<void> {
  const found = await proxmox.nodes();
  for (const { node: name, status, maxcpu, maxmem } of found) {
    const observed = { status: nodeStatus(status), observedAt: raw('now()') };
    const known = await Node.query(database).findOne({ clusterId, name });
    // A node that is down reports no size; the last one known stays.
    const size = maxcpu && maxmem ? { cores: maxcpu, memoryMib: Math.floor(maxmem / MIB) } : null;
    if (known) await known.$query(database).patch({ ...observed, ...size });
    else if (size)
      await Node.query(database)
        .insert({ clusterId, name, ...observed, ...size })
        .onConflict()
        .ignore();
  }
  const nodes = await Node.query(database).where({ clusterId, status: 'online' });
  const readings = nodes.map(async (node) => {
    await syncStorages(database, node, proxmox, turn);
    await syncTemplates(database, node, proxmox, turn);
  });
  const failed = (await Promise.allSettled(readings)).find((reading) => reading.status === 'rejected');
  if (failed) throw failed.reason;
}

const nodeStatus = (status: string): Node['status'] =>
  status === 'online' || status === 'offline' ? status : 'unknown';

async function syncStorages(database: Database, node: Node, proxmox: Proxmox, turn: Turn): Promise<void> {
  await turn(node.name);
  const rows = (await proxmox.storages(node.name)).map(({ storage, type, content, shared, total, used }) => ({
    nodeId: node.id,
    name: storage,
    kind: type,
    content,
    shared,
    totalMib: String(Math.floor(total / MIB)),
    usedMib: String(Math.floor(used / MIB)),
    observedAt: raw('now()'),
  }));
  if (rows.length > 0) await Storage.query(database).insert(rows).onConflict(['node_id', 'name']).merge();
}

async function syncTemplates(database: Database, node: Node, proxmox: Proxmox, turn: Turn): Promise<void> {
  await turn(node.name);
  const offered = (await proxmox.listVms(node.name)).filter(
    (vm) => vm.template && vm.tags.includes(TEMPLATE_TAG),
  );
  const kept: string[] = [];
  for (const { vmid, name } of offered) {
    await turn(node.name);
    const { values } = await proxmox.vmConfig(node.name, vmid);
    const disk = bootDisk(values);
    if (!name || !disk) continue;
    const template = await ensureTemplate(database, name, values, Math.ceil(disk.sizeGib));
    kept.push(template.id);
    await TemplateVm.query(database)
      .insert({ templateId: template.id, nodeId: node.id, vmid, storage: disk.storage })
      .onConflict(['template_id', 'node_id'])
      .merge();
  }
  await TemplateVm.query(database).delete().where('nodeId', node.id).whereNotIn('templateId', kept);
}

/** A template is known by its VM's name, such as `debian-12`, and is the same one on every node that has that name. */
async function ensureTemplate(
  database: Database,
  name: string,
  config: Record<string, string>,
  minDiskGib: number,
): Promise<Template> {
  const [, os = name, version = ''] = /^([a-z]+)-?(.*)$/i.exec(name) ?? [];
  await Template.query(database)
    .insert({
      name,
      osName: os.charAt(0).toUpperCase() + os.slice(1),
      osVersion: version,
      defaultUser: config['ciuser'] ?? os.toLowerCase(),
      minDiskGib,
      // Who has switched the agent off does not expect it to answer.
      readyWhen: hasAgent(config) ? 'agent' : 'running',
    })
    .onConflict('name')
    .ignore();
  return Template.query(database).findOne({ name }).throwIfNotFound();
}

const hasAgent = ({ agent = '' }: Record<string, string>): boolean =>
  isTrue(parseProperties(agent, 'enabled')['enabled'] ?? '');
