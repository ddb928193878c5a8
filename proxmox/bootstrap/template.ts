import { z } from 'zod';
import { Upid } from '../answers.ts';
import { TEMPLATE_TAG } from '../template-tag.ts';
import type { Context } from './context.ts';
import { checksumOf, fileNameOf, type Checksum, type Image } from './images.ts';
import type { Place } from './places.ts';

const Volumes = z.array(z.object({ volid: z.string() }));
/** What a node with the image's guest agent to be installed at first boot has on a storage. */
const AGENT_SNIPPET = 'snippets/berth-agent.yaml';

interface TemplateOptions {
  image: Image;
  /** Ids from here on are taken for templates, as far as they are free. */
  firstVmid: number;
  hasAgent: boolean;
}

/**
 * A template of the image on the node. One that is there stays as it is, whatever image it came from. What an earlier run
 * has begun (a download, a copy, a VM that is no template yet) is waited for and gone on with.
 */
export async function ensureTemplate(
  context: Context,
  place: Place,
  options: TemplateOptions,
): Promise<void> {
  const { node } = place;
  const what = `template ${options.image.name} on ${node}`;
  await waitForCreation(context, node, options.firstVmid);
  let vm = await findVm(context, node, options.image.name);
  if (vm?.template) return context.keep(`${what} (VM ${vm.vmid})`);
  if (!vm) {
    const checksum = await checksumOf(options.image);
    const volid = await ensureImage(context, place, options.image, checksum);
    await createVm(context, place, { ...options, volid });
    vm = await findVm(context, node, options.image.name);
  }
  // Only a dry run has no VM now.
  const path = { node, vmid: vm?.vmid ?? '<vmid>' };
  const upid = await context.change(what, Upid, {
    method: 'POST',
    template: '/nodes/{node}/qemu/{vmid}/template',
    path,
  });
  if (upid) await context.wait(upid, what);
}

/** The template, or the VM that is to become it. */
async function findVm({ proxmox }: Context, node: string, name: string) {
  const vms = (await proxmox.listVms(node)).filter(
    (vm) => vm.name === name && vm.tags.includes(TEMPLATE_TAG),
  );
  return vms.find(({ template }) => template) ?? vms[0];
}

/** Until its disk is copied a new VM has no name; the task of a run that was cut off goes on without it. */
async function waitForCreation({ proxmox, wait, isDryRun }: Context, node: string, firstVmid: number) {
  if (isDryRun) return;
  const running = await proxmox.findTasks(node, { source: 'active' });
  for (const { upid, type, id, status } of running) {
    const isOurs = /^qm(?:create|template)$/.test(type) && isTemplateId(Number(id), firstVmid);
    if (isOurs && (status === undefined || status === 'RUNNING')) await wait(upid, `VM ${id} on ${node}`);
  }
}

const TEMPLATE_IDS = 1000;
const isTemplateId = (vmid: number, firstVmid: number): boolean =>
  vmid >= firstVmid && vmid < firstVmid + TEMPLATE_IDS;

/** The image on its storage → its volume id. Proxmox fetches it and compares the checksum. */
async function ensureImage(
  context: Context,
  { node, imageStorage }: Place,
  image: Image,
  checksum: Checksum | null,
): Promise<string> {
  const { read, change, keep, wait, proxmox } = context;
  const file = fileNameOf(image, checksum);
  const volid = `${imageStorage}:import/${file}`;
  const what = `image ${image.name} (${image.url}) on ${imageStorage} of ${node}`;
  const isThere = async () =>
    (
      await read(Volumes, {
        template: '/nodes/{node}/storage/{storage}/content',
        path: { node, storage: imageStorage },
        params: { content: 'import' },
      })
    ).some((volume) => volume.volid === volid);
  const downloads = (await proxmox.findTasks(node, { source: 'active', typefilter: 'download' })).filter(
    ({ id, status }) =>
      decodeURIComponent(id).includes(file) && (status === undefined || status === 'RUNNING'),
  );
  for (const { upid } of downloads) await wait(upid, what);
  if (await isThere()) {
    keep(what);
    return volid;
  }
  const upid = await change(checksum ? what : `${what}, whose checksum nobody knows`, Upid, {
    method: 'POST',
    template: '/nodes/{node}/storage/{storage}/download-url',
    path: { node, storage: imageStorage },
    params: {
      content: 'import',
      filename: file,
      url: image.url,
      ...(checksum ? { checksum: checksum.hex, 'checksum-algorithm': checksum.algorithm } : {}),
    },
  });
  if (upid) await wait(upid, what);
  return volid;
}

async function createVm(
  context: Context,
  place: Place,
  { image, firstVmid, hasAgent, volid }: TemplateOptions & { volid: string },
): Promise<void> {
  const { node, storage, diskFormat, bridge } = place;
  const { change, wait, wishes } = context;
  const vmid = await freeVmid(context, firstVmid);
  const what = `VM ${vmid} (${image.name}) on ${node}`;
  const snippet = hasAgent ? await findAgentSnippet(context, node) : null;
  const upid = await change(what, Upid, {
    method: 'POST',
    template: '/nodes/{node}/qemu',
    path: { node },
    params: {
      vmid,
      name: image.name,
      pool: wishes.pool,
      tags: TEMPLATE_TAG,
      description: `Template for Berth, from ${image.url}`,
      ostype: 'l26',
      cpu: 'x86-64-v2-AES',
      cores: 1,
      memory: 1024,
      scsihw: 'virtio-scsi-single',
      scsi0: `${storage}:0,import-from=${volid}${diskFormat ? `,format=${diskFormat}` : ''}`,
      ide2: `${storage}:cloudinit`,
      boot: 'order=scsi0',
      net0: `virtio,bridge=${bridge}`,
      serial0: 'socket',
      vga: 'serial0',
      // Otherwise each new server would first bring all its packages up to date.
      ciupgrade: 0,
      ...(hasAgent ? { agent: 'enabled=1' } : {}),
      ...(snippet ? { cicustom: `vendor=${snippet}` } : {}),
    },
  });
  if (upid) await wait(upid, what);
}

async function freeVmid({ proxmox }: Context, firstVmid: number): Promise<number> {
  for (let vmid = firstVmid; vmid < firstVmid + TEMPLATE_IDS; vmid++) {
    if (await proxmox.nextIdFree(vmid)) return vmid;
  }
  throw new Error(`no VM id from ${firstVmid} to ${firstVmid + TEMPLATE_IDS - 1} is free; give --vmid`);
}

/** Vendor data that installs the guest agent, if an admin has put it on a storage of the node. */
export async function findAgentSnippet({ proxmox, read }: Context, node: string): Promise<string | null> {
  const storages = (await proxmox.storages(node)).filter(
    ({ active, content }) => active && content.includes('snippets'),
  );
  for (const { storage } of storages) {
    const volumes = await read(Volumes, {
      template: '/nodes/{node}/storage/{storage}/content',
      path: { node, storage },
      params: { content: 'snippets' },
    });
    const wanted = `${storage}:${AGENT_SNIPPET}`;
    if (volumes.some(({ volid }) => volid === wanted)) return wanted;
  }
  return null;
}
