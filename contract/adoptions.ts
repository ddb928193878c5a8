import { z } from 'zod';
import { Said } from './said.ts';
import { ServerName } from './servers.ts';

const Wish = z.strictObject({
  clusterId: z.uuid(),
  vmid: z.int().min(100).max(999_999_999),
  accountId: z.uuid().meta({ description: 'who will own the server' }),
  name: ServerName.optional().meta({ description: "the server's; made of the VM's when left out" }),
  planId: z.uuid().optional().meta({ description: 'what it is sold as; its size is recorded as it is' }),
});

/** `POST /admin/adoptions/preview`: what adopting a VM would record and change. Nothing is changed. */
export const PreviewAdoption = Wish.meta({ id: 'PreviewAdoption' });
export type PreviewAdoption = z.infer<typeof PreviewAdoption>;

/** `POST /admin/adoptions` */
export const AdoptVm = Wish.extend({
  digest: z.string().length(64).meta({ description: "the preview's: it is adopted as it was shown" }),
}).meta({ id: 'AdoptVm' });
export type AdoptVm = z.infer<typeof AdoptVm>;

export const AdoptionPreview = z
  .object({
    digest: z.string(),
    status: z.string().meta({ description: 'as Proxmox shows it at this moment: running or stopped' }),
    record: z
      .object({
        name: z.string().nullable().meta({ description: 'null when it has to be given' }),
        node: z.string(),
        plan: z.string(),
        os: z.string().nullable(),
        vcpu: z.int(),
        memoryMib: z.int(),
        diskGib: z.int(),
        addresses: z.array(z.string()),
        deleteProtection: z.literal(true),
      })
      .meta({ description: "what becomes the server's record" }),
    changes: z
      .array(z.object({ property: z.enum(['description', 'tags']), from: z.string(), to: z.string() }))
      .meta({ description: 'all that is changed on the VM' }),
    obstacles: z
      .array(
        z.object({
          problem: z.string(),
          problemSaid: Said,
          remedy: z.string(),
          remedySaid: Said,
        }),
      )
      .meta({ description: 'what is in the way; nothing when empty' }),
  })
  .meta({ id: 'AdoptionPreview' });
export type AdoptionPreview = z.infer<typeof AdoptionPreview>;

/** A VM as a worker sees it on Proxmox. */
export interface VmInspection {
  vmid: number;
  node: string;
  /** As Proxmox lists it: one without a name is called `VM <id>`. */
  name: string;
  /** Of its SMBIOS. */
  uuid: string | null;
  status: string;
  os: string | null;
  vcpu: number;
  memoryMib: number;
  /** Of the disk it boots from; null without one. */
  diskGib: number | null;
  /** Configured, or else reported by its guest agent; with a prefix where one is known. */
  addresses: string[];
  isTemplate: boolean;
  lock: string | null;
  description: string;
  tags: string[];
  /** Hash of its configuration. */
  configDigest: string;
}

const MARKER = /^berth:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\s*$/m;
export const ADOPTED_TAG = 'berth';

/** The server whose marker a VM's description carries. */
export const markedServer = (description: string): string | null => MARKER.exec(description)?.[1] ?? null;

/** The description without any marker, and with this server's when one is given. */
export function markDescription(description: string, serverId: string | null): string {
  const lines = description.split('\n').filter((line) => !MARKER.test(line));
  while (lines.at(-1)?.trim() === '') lines.pop();
  return [...lines, ...(serverId ? [`berth:${serverId}`] : [])].join('\n');
}
