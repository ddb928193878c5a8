import { z } from 'zod';

/** `GET /settings`: what the provider has decided that its customers have to know. */
export const Settings = z
  .object({
    deleteGraceHours: z.number().min(0).meta({
      description: 'How long a deleted server is kept, powered off, in case it was a mistake; 0: not at all',
    }),
  })
  .meta({ id: 'Settings' });
export type Settings = z.infer<typeof Settings>;
