import { z } from 'zod';

/** `GET /admin/settings`: how this installation is set up, for those who run it. */
export const AdminSettings = z
  .object({
    workflowUi: z.string().nullable().meta({
      description: "Where Temporal's UI shows a workflow, whose id (server/<server id>) is put at the end",
    }),
    publicUrl: z.string().nullable().meta({ description: 'Where customers reach Berth' }),
    quarantineHours: z.int().meta({ description: 'How long an orphan is kept before it may be destroyed' }),
    deleteGraceHours: z.number().meta({ description: 'How long a deletion can be undone' }),
  })
  .meta({ id: 'AdminSettings' });
export type AdminSettings = z.infer<typeof AdminSettings>;

const count = z.int().min(0);

/** `GET /admin/attention`: what waits for a person, in numbers. */
export const Attention = z
  .object({
    operations: z.object({ needsAttention: count, running: count, pending: count }),
    drift: count,
    orphans: count,
    nodes: z.object({ total: count, away: count, inMaintenance: count }),
    unknownServers: count.meta({ description: 'Servers whose VM nobody could see within the last minute' }),
  })
  .meta({ id: 'Attention' });
export type Attention = z.infer<typeof Attention>;
