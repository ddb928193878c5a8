import type { Database } from '../db/connect.ts';
import type { SecretBox } from '../db/secrets.ts';
import type { ClusterAccess } from './cluster-access.ts';
import type { SendMail } from './mailer.ts';
import type { SlotQueue } from './slot-queue.ts';

/** What activities need, handed in once by the worker (or a test). */
export interface Deps {
  database: Database;
  secretBox: SecretBox;
  clusters: ClusterAccess;
  slots: SlotQueue;
  timing: Timing;
  /** Without it mails wait for a worker that has it. */
  sendMail?: SendMail;
}

/** All in milliseconds; the tests shorten them. */
export interface Timing {
  /** Between looks at a guest or a VM that has yet to reach a state. */
  pollMs: number;
  /** How long a new guest may take to answer. */
  readyTimeoutMs: number;
  /** How long after its reboot task a VM may stay stopped before Berth starts it itself. */
  rebootGraceMs: number;
  /** How long high availability may take to act on a request. */
  haTimeoutMs: number;
  /** How old the last reading of a server's VM is when it is read again for comparison. */
  rereadMs: number;
  /** After each of these readings, on each node. */
  readPauseMs: number;
  /** Between the end of a VM and its next start: Proxmox's clean-up after it would hold the lock for 30 s otherwise. */
  settleMs: number;
}

export const DEFAULT_TIMING: Timing = {
  pollMs: 250,
  readyTimeoutMs: 300_000,
  rebootGraceMs: 30_000,
  haTimeoutMs: 120_000,
  rereadMs: 540_000,
  readPauseMs: 2_000,
  settleMs: 2_000,
};
