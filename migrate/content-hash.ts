import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** Changes exactly when something that was read for a row changes; WHMCS's updated_at does not. */
export function contentHash(bundle: unknown): string {
  return createHash('sha256').update(canonicalJson(bundle)).digest('hex');
}
