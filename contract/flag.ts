import { z } from 'zod';

/** `true` or `false` in a query string; false when left out. */
export const Flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true');
