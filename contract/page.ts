import { z } from 'zod';

/** What every list that is read page by page takes. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(512).optional().meta({ description: 'nextCursor of the page before' }),
});
