import { proxmox } from './proxies.ts';
import type { OrphanInput } from '../contract/temporal.ts';

/** Puts an orphan into quarantine, releases it, or destroys it, as was asked for. */
export async function settleOrphan(input: OrphanInput): Promise<string> {
  const { outcome } = await proxmox('look again, and settle it').settleOrphan(input);
  return outcome;
}
