import { z } from 'zod';

/** A node, what it has and what of it has been given to servers. */
export const Node = z
  .object({
    id: z.uuid(),
    clusterId: z.uuid(),
    cluster: z.string(),
    name: z.string(),
    status: z.enum(['online', 'offline', 'unknown']).meta({
      description: 'As Proxmox last said; unknown when that is older than three minutes',
    }),
    acceptsServers: z
      .boolean()
      .meta({ description: 'false: in maintenance, no server is put on it or moved to it' }),
    cores: z.int(),
    memoryMib: z.int(),
    servers: z.int(),
    givenVcpus: z.int(),
    givenMemoryMib: z.int(),
    storages: z.array(
      z.object({
        name: z.string(),
        kind: z.string(),
        shared: z.boolean(),
        totalMib: z.number(),
        usedMib: z.number(),
      }),
    ),
    templates: z.array(z.string()),
    observedAt: z.iso.datetime(),
  })
  .meta({ id: 'Node' });
export type Node = z.infer<typeof Node>;
export const NodeList = z.object({ items: z.array(Node), nextCursor: z.null() }).meta({ id: 'NodeList' });

export const UpdateNode = z.strictObject({ acceptsServers: z.boolean() }).meta({ id: 'UpdateNode' });
