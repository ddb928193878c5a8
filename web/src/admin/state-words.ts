import { t } from '@lingui/core/macro';
import type { MigrationException, MigrationReport, MigrationRun } from '../../../contract/migration-runs.ts';
import type { Node } from '../../../contract/nodes.ts';
import type { DriftField, OrphanRequest, OrphanState, ReconcileState } from '../../../contract/reconcile.ts';
import type { ServerStatus } from '../../../contract/servers.ts';
import { STATUS_WORDS } from '../server-words.ts';

export const NODE_WORDS: Record<Node['status'], string> = {
  get online() {
    return t`online`;
  },
  get offline() {
    return t`offline`;
  },
  get unknown() {
    return t`unknown`;
  },
};

export const RUN_WORDS: Record<MigrationRun['status'], string> = {
  get pending() {
    return t`waiting to start`;
  },
  get running() {
    return t`running`;
  },
  get paused() {
    return t`paused`;
  },
  get succeeded() {
    return t`succeeded`;
  },
  get failed() {
    return t`failed`;
  },
  get cancelled() {
    return t`cancelled`;
  },
  get rolled_back() {
    return t`rolled back`;
  },
};

export const PHASE_WORDS: Record<MigrationRun['phase'], string> = {
  get preflight() {
    return t`checks before it begins`;
  },
  get clusters() {
    return t`reading the clusters`;
  },
  get people() {
    return t`reading users and clients`;
  },
  get servers() {
    return t`reading servers`;
  },
  get settle() {
    return t`settling the rest`;
  },
  get load() {
    return t`loading`;
  },
  get verify() {
    return t`comparing with the source`;
  },
  get done() {
    return t`done`;
  },
};

type Entity = MigrationException['entity'];

/** What rows of the source are about: one of them, and several. */
export const ENTITY_WORDS: Record<Entity, { one: string; many: string }> = {
  user: {
    get one() {
      return t`user`;
    },
    get many() {
      return t`users`;
    },
  },
  client: {
    get one() {
      return t`client`;
    },
    get many() {
      return t`clients`;
    },
  },
  service: {
    get one() {
      return t`service`;
    },
    get many() {
      return t`services`;
    },
  },
};

export const OUTCOME_WORDS: Record<MigrationException['outcome'], string> = {
  get migrated() {
    return t`migrated`;
  },
  get quarantined() {
    return t`quarantined`;
  },
  get skipped() {
    return t`skipped`;
  },
};

export const COMPARISON_WORDS: Record<NonNullable<ReconcileState['lastRun']>['status'], string> = {
  get running() {
    return t`running`;
  },
  get complete() {
    return t`complete`;
  },
  get incomplete() {
    return t`incomplete`;
  },
  get failed() {
    return t`failed`;
  },
};

type VmState = NonNullable<MigrationReport['comparison']>['vmsByCluster'][number]['state'];

/** What the VMs of a cluster are to the services of the source. */
export const VM_WORDS: Record<VmState, string> = {
  get bound() {
    return t`bound`;
  },
  get contested() {
    return t`contested`;
  },
  get zombie() {
    return t`zombie`;
  },
  get unclaimed() {
    return t`unclaimed`;
  },
};

/** What is meant by that. */
export const VM_MEANINGS: Record<VmState, string> = {
  get bound() {
    return t`the VM of a migrated service`;
  },
  get contested() {
    return t`a quarantined service points at it, so it is left alone`;
  },
  get zombie() {
    return t`its service is over or was left out; Berth does not touch it`;
  },
  get unclaimed() {
    return t`no service is known to have it`;
  },
};

export const ORPHAN_STATE_WORDS: Record<OrphanState, string> = {
  get found() {
    return t`found`;
  },
  get quarantined() {
    return t`in quarantine`;
  },
  get destroyed() {
    return t`destroyed`;
  },
  get dismissed() {
    return t`dismissed`;
  },
  get adopted() {
    return t`adopted`;
  },
};

/** What has been asked for and is not carried out yet. */
export const ORPHAN_REQUEST_WORDS: Record<OrphanRequest, string> = {
  get quarantine() {
    return t`being put into quarantine`;
  },
  get release() {
    return t`being released`;
  },
  get destroy() {
    return t`being destroyed`;
  },
};

/** What Proxmox VE calls the power states of a VM; it may have others. */
export function powerWord(status: string): string {
  if (status === 'running') return t`running`;
  return status === 'stopped' ? t`stopped` : status;
}

/** What a server and its VM are compared in. */
export const FIELD_WORDS: Record<DriftField, string> = {
  get name() {
    return t`Name`;
  },
  get vcpu() {
    return t`Processors`;
  },
  get memory() {
    return t`Memory (MiB)`;
  },
  get disk() {
    return t`Boot disk (GiB)`;
  },
  get mac() {
    return t`MAC address`;
  },
  get bridge() {
    return t`Bridge`;
  },
  get vlan() {
    return t`VLAN`;
  },
  get rate() {
    return t`Network limit (MB/s)`;
  },
  get address() {
    return t`Addresses`;
  },
  get onboot() {
    return t`Start at boot`;
  },
  get tag() {
    return t`Tag`;
  },
  get marker() {
    return t`Marker`;
  },
  get uuid() {
    return t`SMBIOS uuid`;
  },
  get protection() {
    return t`Protection on Proxmox`;
  },
  get node() {
    return t`Node`;
  },
  get power() {
    return t`Power state`;
  },
};

/** A value of such a field: words in some of them, which are Berth's own. */
export function valueWord(field: DriftField, value: string | null): string {
  if (value === null) return '–';
  if (field === 'power') return value === 'unknown' ? t`unknown` : powerWord(value);
  if (field !== 'onboot' && field !== 'protection') return value;
  return value === 'yes' ? t`yes` : t`no`;
}

/** What the evidence of an orphan says of its server: its lifecycle, or that there is none. */
export function serverWord(server: string): string {
  if (server === 'active') return t`active`;
  if (server === 'deleted') return t`deleted`;
  return STATUS_WORDS[server as ServerStatus]?.toLowerCase() ?? server; // the rest of a lifecycle is a status
}
