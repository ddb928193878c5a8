import { z } from 'zod';
import { FIELD_TEXTS } from './field-texts.ts';

const SettingSource = z.enum(['default', 'environment', 'database']);

/** Something that operators can set at run time. */
export const Setting = z
  .object({
    value: z.number(),
    source: SettingSource.meta({ description: 'database: an operator has set it here' }),
    otherwise: z.number().meta({ description: 'What holds when the database says nothing' }),
    otherSource: SettingSource.exclude(['database']),
  })
  .meta({ id: 'Setting' });
export type Setting = z.infer<typeof Setting>;

/** `GET /admin/settings`: how this installation is set up, for those who run it. Nothing of it is secret. */
export const AdminSettings = z
  .object({
    workflowUi: z.string().nullable().meta({
      description: "Where Temporal's UI shows a workflow, whose id (server/<server id>) is put at the end",
    }),
    publicUrl: z.string().nullable().meta({ description: 'Where customers reach Berth' }),
    deleteGraceHours: Setting.meta({ description: 'How long a deletion can be undone' }),
    quarantineHours: Setting.meta({ description: 'How long an orphan is kept before it may be destroyed' }),
    sessionDays: z.int().meta({ description: 'After which a login has to be made again' }),
  })
  .meta({ id: 'AdminSettings' });
export type AdminSettings = z.infer<typeof AdminSettings>;

const LONGEST_HOURS = 8_760;
/** `PATCH /admin/settings`: what is left out stays; null leaves it to the environment again. */
export const UpdateSettings = z
  .strictObject({
    deleteGraceHours: z.number().min(0).max(LONGEST_HOURS).nullable().optional().meta({
      description: 'Holds for servers that are deleted from now on',
    }),
    quarantineHours: z.int().min(1).max(LONGEST_HOURS).nullable().optional().meta({
      description: 'Holds for orphans that are put into quarantine from now on',
    }),
  })
  .refine((body) => Object.keys(body).length > 0, { error: FIELD_TEXTS.name_a_setting })
  .meta({ id: 'UpdateSettings', minProperties: 1 });
export type UpdateSettings = z.infer<typeof UpdateSettings>;

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
