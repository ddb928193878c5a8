import type { Client } from '@temporalio/client';
import type { z } from 'zod';
import type { VmInspection } from '../contract/adoptions.ts';
import type { ConnectionReport, TestCluster, UnclaimedVmList } from '../contract/clusters.ts';
import type { Log } from '../log.ts';
import type { Database } from '../db/connect.ts';
import type { SecretBox } from '../db/secrets.ts';
import type { EventHub } from './event-hub.ts';
import type { LoginLimits } from './login-limits.ts';

/** The part of Temporal's client the API uses; it may be away at any time. */
export type Temporal = Pick<Client, 'workflow' | 'schedule' | 'connection' | 'withDeadline'>;

/** What the routes need; built once by main.ts, and by tests. */
export interface Deps {
  database: Database;
  temporal: Temporal;
  log: Log;
  secretBox: SecretBox;
  /** Signs access tokens; keys for other purposes are derived from it. */
  jwtSecret: string;
  events: EventHub;
  /** Tries what Berth needs of a cluster; never rejects, and never tells the secret. */
  testConnection: (connection: z.output<typeof TestCluster>) => Promise<ConnectionReport>;
  /** Looks at a VM on its cluster; null when there is none, ClusterUnreachable when nobody could look in time. */
  inspectVm: (input: { clusterId: string; vmid: number }) => Promise<VmInspection | null>;
  /** VMs that no server holds; ClusterUnreachable when nobody could look in time. */
  listUnclaimedVms: (input: { clusterId: string; search: string }) => Promise<UnclaimedVmList>;
  /** The built dashboard; without it `/app/` answers 404. */
  dashboardDir?: string;
  /** Where browsers reach this; https makes cookies `Secure`. */
  publicUrl?: string;
  /** Whether the workers are told of a mail server; without one nobody gets mail from here. */
  sendsMail?: boolean;
  /** Where Temporal's UI shows a workflow, without its id at the end. */
  workflowUi?: string;
  /** Believe X-Forwarded-For and -Proto. */
  trustProxy: boolean;
  loginLimits?: Partial<LoginLimits>;
  /** Of the task queues, where several installations share a Temporal namespace. */
  queuePrefix?: string;
  /** How long an orphan stays in quarantine before it may be destroyed, unless an operator has said. */
  quarantineHours?: number;
  /** How long a deleted server is kept, powered off, in case it was a mistake, unless an operator has said. */
  deleteGraceHours?: number;
  /** How often an open stream looks again at what its user may see; 30 s when left out. */
  streamRecheckMs?: number;
}
