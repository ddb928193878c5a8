import type { Storage } from '../answers.ts';
import type { ConnectionCode } from '../connection-test.ts';
import { error, type Finding } from '../findings.ts';
import type { CheckCode } from './codes.ts';
import type { Context } from './context.ts';

/** Where on a node a template is made. */
export interface Place {
  node: string;
  /** For disks. */
  storage: string;
  /** On storages that keep disks as files: only this one has snapshots there. Others have one format only. */
  diskFormat?: 'qcow2';
  /** For downloaded images. */
  imageStorage: string;
  bridge: string;
}

export interface PlaceWishes {
  nodes: string[];
  storage?: string;
  imageStorage?: string;
  bridge: string;
}

type Found = Finding<CheckCode | ConnectionCode>;

const GIB = 1024 ** 3;
/** A cloud image is half a GiB to fetch, and a disk of two to four GiB when it is imported. */
const IMAGE_BYTES = 2 * GIB;
const DISK_BYTES = 5 * GIB;

/**
 * Chooses nodes (those that are online), storages (as wished, or the one with most room) and checks them: content types, room,
 * bridge. Of nodes with a finding that is an error there is no place.
 */
export async function findPlaces(
  { proxmox }: Context,
  wishes: PlaceWishes,
): Promise<{ places: Place[]; findings: Found[] }> {
  const nodes = await proxmox.nodes();
  const findings: Found[] = [];
  for (const wanted of wishes.nodes.filter((name) => !nodes.some(({ node }) => node === name))) {
    findings.push(
      error(
        'node_missing',
        `There is no node ${wanted}.`,
        `Choose from ${nodes.map(({ node }) => node).join(', ')}.`,
      ),
    );
  }
  const places: Place[] = [];
  for (const { node, status } of nodes.toSorted((a, b) => a.node.localeCompare(b.node))) {
    if (wishes.nodes.length > 0 && !wishes.nodes.includes(node)) continue;
    if (status === 'online') {
      const storages = await proxmox.storages(node);
      const disk = chooseStorage(node, storages, 'images', DISK_BYTES, wishes.storage);
      const image = chooseStorage(node, storages, 'import', IMAGE_BYTES, wishes.imageStorage);
      const found = [
        ...disk.findings,
        ...image.findings,
        ...(await judgeBridge(proxmox, node, wishes.bridge)),
      ];
      findings.push(...found);
      if (found.length === 0 && disk.chosen && image.chosen)
        places.push({
          node,
          storage: disk.chosen.storage,
          ...(FILE_STORAGES.includes(disk.chosen.type) ? { diskFormat: 'qcow2' as const } : {}),
          imageStorage: image.chosen.storage,
          bridge: wishes.bridge,
        });
    } else {
      findings.push({
        code: 'node_offline',
        level: 'warning',
        message: `Node ${node} is ${status}; nothing is made or checked there.`,
        remedy: 'Run this again when it is back.',
      });
    }
  }
  return { places, findings };
}

const FILE_STORAGES = ['dir', 'nfs', 'cifs'];
const CONTENT_MEANS = { images: 'disks of VMs', import: 'images to import' } as const;

function chooseStorage(
  node: string,
  storages: Storage[],
  content: keyof typeof CONTENT_MEANS,
  leastBytes: number,
  wanted: string | undefined,
): { chosen?: Storage; findings: Found[] } {
  const fail = (code: Found['code'], message: string, remedy: string) => ({
    findings: [error(code, message, remedy)],
  });
  const able = storages
    .filter((storage) => storage.active && storage.content.includes(content))
    .toSorted((a, b) => b.avail - a.avail);
  const chosen = wanted === undefined ? able[0] : storages.find(({ storage }) => storage === wanted);
  const setContent = (name: string, has: string[]) =>
    `Add it in Datacenter → Storage, or: pvesm set ${name} --content ${[...has, content].join(',')}`;
  if (!chosen && wanted !== undefined) {
    const names = storages.map(({ storage }) => storage).join(', ');
    return fail('storage_missing', `Node ${node} has no storage ${wanted}.`, `Choose from ${names}.`);
  }
  if (!chosen) {
    const local = storages.find(({ type, active }) => type === 'dir' && active);
    return fail(
      'storage_content_missing',
      `No storage of node ${node} takes ${CONTENT_MEANS[content]} (content type "${content}").`,
      setContent(local?.storage ?? '<storage>', local?.content ?? []),
    );
  }
  const { storage: name, avail } = chosen;
  if (!chosen.active) {
    return fail(
      'storage_inactive',
      `Storage ${name} of node ${node} is not active.`,
      'See to it: pvesm status tells why it is not.',
    );
  }
  if (!chosen.content.includes(content)) {
    return fail(
      'storage_content_missing',
      `Storage ${name} of node ${node} does not take ${CONTENT_MEANS[content]} (content type "${content}").`,
      setContent(name, chosen.content),
    );
  }
  if (avail < leastBytes) {
    return fail(
      'storage_full',
      `Storage ${name} of node ${node} has ${(avail / GIB).toFixed(1)} GiB left; ${leastBytes / GIB} GiB are needed.`,
      'Make room there, or choose another storage.',
    );
  }
  return { chosen, findings: [] };
}

async function judgeBridge({ networks }: Context['proxmox'], node: string, bridge: string): Promise<Found[]> {
  const bridges = (await networks(node)).filter(({ type }) => /bridge$/i.test(type));
  if (bridges.some(({ iface }) => iface === bridge)) return [];
  const names = bridges.map(({ iface }) => iface).join(', ') || 'none';
  return [
    error(
      'bridge_missing',
      `Node ${node} has no bridge ${bridge} (it has: ${names}).`,
      `Choose one with --bridge, or make it on the node: System → Network → Create → Linux Bridge.`,
    ),
  ];
}
