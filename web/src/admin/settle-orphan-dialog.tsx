import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { Orphan } from '../../../contract/reconcile.ts';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { NameConfirmation } from '../pages/name-confirmation.tsx';
import { useAdminChange } from './use-admin.ts';

export type OrphanVerb = 'quarantine' | 'release' | 'dismiss' | 'destroy';

const WORDS: Record<OrphanVerb, { title: string; submit: string; consequence: string }> = {
  quarantine: {
    get title() {
      return t`Put into quarantine`;
    },
    get submit() {
      return t`Quarantine`;
    },
    get consequence() {
      return t`A VM gets a tag on Proxmox VE and no longer starts with its node. It is not stopped, and nothing else is changed. It can be destroyed only when its quarantine is over.`;
    },
  },
  release: {
    get title() {
      return t`Release from quarantine`;
    },
    get submit() {
      return t`Release`;
    },
    get consequence() {
      return t`The tag is taken away, and the VM starts with its node as before.`;
    },
  },
  dismiss: {
    get title() {
      return t`Dismiss`;
    },
    get submit() {
      return t`Dismiss`;
    },
    get consequence() {
      return t`It is meant to be so: it is listed no longer, and nothing is changed.`;
    },
  },
  destroy: {
    get title() {
      return t`Destroy`;
    },
    get submit() {
      return t`Destroy it for good`;
    },
    get consequence() {
      return t`Berth looks once more whether it really belongs to nobody. Then a running VM is powered off and removed with its disks. This cannot be undone.`;
    },
  },
};
const TYPED_KINDS = ['marked_vm_without_server', 'disk', 'backup'];

/** Says what becomes of an orphan; asks for its name before it is destroyed. */
export function SettleOrphanDialog({
  orphan,
  verb,
  onClose,
}: {
  orphan: Orphan;
  verb: OrphanVerb;
  onClose: () => void;
}) {
  const [typed, setTyped] = useState('');
  const { id, kind, evidence, identifier } = orphan;
  const name = evidence.name ?? identifier;
  const isTyped = verb === 'destroy' && TYPED_KINDS.includes(kind);
  const change = useAdminChange<null>(
    {
      path: () => `/admin/orphans/${id}/${verb}`,
      body: () => (verb === 'destroy' ? (isTyped ? { name: typed } : {}) : undefined),
    },
    { onDone: onClose, isRefusalShown: true },
  );
  const { title, submit, consequence } = WORDS[verb];
  return (
    <ChangeDialog
      title={`${title}: ${name}?`}
      keep={t`Leave it as it is`}
      submit={submit}
      isHarsh={verb === 'destroy'}
      canSubmit={!isTyped || typed === name}
      change={change}
      onSubmit={() => change.mutate(null)}
      onClose={onClose}
    >
      <p>{consequence}</p>
      {isTyped && <NameConfirmation name={name} typed={typed} onType={setTyped} autoFocus />}
    </ChangeDialog>
  );
}
