import { hash } from 'node:crypto';

/**
 * Changes exactly when something that was read for a row changes; WHMCS's updated_at does not. Rows have their columns
 * in the order of their schemas, so that equal rows have equal text.
 */
export function contentHash(bundle: unknown): string {
  return hash('sha256', JSON.stringify(bundle));
}
