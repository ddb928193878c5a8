import { InvalidArgumentError } from 'commander';
import { z } from 'zod';

/** An option that says where customers reach Berth. */
export function webAddress(text: string): string {
  const result = z.url({ protocol: /^https?$/ }).safeParse(text);
  if (!result.success) throw new InvalidArgumentError('an address that starts with https:// is needed');
  return result.data;
}

/** How long a link for a password can be used. */
export function linkDays(text: string): number {
  const result = z.coerce.number().int().min(1).max(365).safeParse(text);
  if (!result.success) throw new InvalidArgumentError('a whole number from 1 to 365 is needed');
  return result.data;
}
