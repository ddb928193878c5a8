import { createHash } from 'node:crypto';

/** SHA-256 in hex: enough for tokens that were drawn at random, which nobody can guess. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');
