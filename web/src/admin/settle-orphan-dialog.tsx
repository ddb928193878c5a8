import { useState } from 'react';
import type { Orphan } from '../../../contract/reconcile.ts';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { NameConfirmation } from '../pages/name-confirmation.tsx';
import { useAdminChange } from './use-admin.ts';

export type OrphanVerb = 'quarantine' | 'release' | 'dismiss' | 'destroy';

const WORDS: Record<OrphanVerb, { title: string; submit: string; consequence: string }> = {
  quarantine: {
    title: 'Put into quarantine',
    submit: 'Quarantine',
    consequence:
      'A VM gets a tag on Proxmox VE and no longer starts with its node. It is not stopped, and nothing else is changed. It can be destroyed only when its quarantine is over.',
  },
  release: {
    title: 'Release from quarantine',
    submit: 'Release',
    consequence: 'The tag is taken away, and the VM starts with its node as before.',
  },
  dismiss: {
    title: 'Dismiss',
    submit: 'Dismiss',
    consequence: 'It is meant to be so: it is listed no longer, and nothing is changed.',
  },
  destroy: {
    title: 'Destroy',
    submit: 'Destroy it for good',
    consequence:
      'Berth looks once more whether it really belongs to nobody. Then a running VM is powered off and removed with its disks. This cannot be undone.',
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
      keep="Leave it as it is"
      submit={submit}
      isHarsh={verb === 'destroy'}
      isReady={!isTyped || typed === name}
      change={change}
      onSubmit={() => change.mutate(null)}
      onClose={onClose}
    >
      <p>{consequence}</p>
      {isTyped && <NameConfirmation name={name} typed={typed} onType={setTyped} autoFocus />}
    </ChangeDialog>
  );
}
