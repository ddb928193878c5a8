import { t } from '@lingui/core/macro';
import type { OperationSummary } from '../../contract/operations.ts';
import type { Server, ServerStatus } from '../../contract/servers.ts';
import { operationOngoing, stepTitle } from './contract-words.ts';
import { formatDisk, formatMemory } from './format-size.ts';

export const STATUS_WORDS: Record<ServerStatus, string> = {
  get provisioning() {
    return t`Provisioning`;
  },
  get running() {
    return t`Running`;
  },
  get stopped() {
    return t`Stopped`;
  },
  get suspended() {
    return t`Suspended`;
  },
  get unknown() {
    return t`Unknown`;
  },
  get failed() {
    return t`Failed`;
  },
  get cancelled() {
    return t`Cancelled`;
  },
  get deleting() {
    return t`Deleting`;
  },
};

/** An imported server's host name, as it can be searched for, and its system, where that is known. */
export function serverOrigin({ hostname, template }: Server): string {
  const isKnown = template.id !== null || template.name !== 'Unknown';
  return [hostname, isKnown && template.name].filter(Boolean).join(' · ');
}

/** What a live operation is doing. */
export function presentStep(operation: OperationSummary): string {
  const ongoing = operationOngoing(operation.type);
  if (operation.status === 'needs_attention') return t`${ongoing}: needs attention`;
  if (operation.cancelRequested) return t`Cancelling`;
  if (operation.status === 'pending') return t`${ongoing}: waiting to start`;
  return operation.stepTitle === null ? ongoing : stepTitle(operation.stepTitle);
}

interface Size {
  vcpu: number;
  memoryMib: number;
  diskGib: number;
}

/** "2 vCPU · 4 GiB · 40 GiB". */
export const sizeText = (size: Size): string =>
  [t`${size.vcpu} vCPU`, formatMemory(size.memoryMib), formatDisk(size.diskGib)].join(' · ');

/** What stands under the first address: the second, or how many more there are. */
export function otherAddresses({ ipAddresses: [, ...others] }: Server): string | undefined {
  return others.length > 1 ? t`and ${others.length} more` : others[0]?.address;
}

/** What stands on a card in place of an address; nothing where none is to come. */
export const addressToCome = ({ status }: Server): string | null =>
  status === 'provisioning' ? t`No address yet` : null;

/** How many labels have room beside each other. */
const LABELS_SHOWN = 2;

/** The first labels, and how many more there are. */
export function shownLabels(labels: Server['labels']): { shown: string[]; others: string[]; more: string } {
  const all = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const others = all.slice(LABELS_SHOWN);
  return { shown: all.slice(0, LABELS_SHOWN), others, more: t`and ${others.length} more` };
}
