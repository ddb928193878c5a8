import { t } from '@lingui/core/macro';
import type { Drift } from '../../../contract/reconcile.ts';
import { Fact } from '../components/facts.tsx';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { FIELD_WORDS, valueWord } from './state-words.ts';
import { useAdminChange } from './use-admin.ts';

export type DriftVerb = 'repair' | 'accept';

/** Says which side gives way before a difference is settled. */
export function SettleDriftDialog({
  drift,
  verb,
  onClose,
}: {
  drift: Drift;
  verb: DriftVerb;
  onClose: () => void;
}) {
  const change = useAdminChange<null>(
    { path: () => `/admin/drift/${drift.id}/${verb}` },
    { onDone: onClose, isRefusalShown: true },
  );
  const isRepair = verb === 'repair';
  const field = FIELD_WORDS[drift.field];
  return (
    <ChangeDialog
      title={
        isRepair ? t`Repair “${field}” of ${drift.serverName}?` : t`Accept “${field}” of ${drift.serverName}?`
      }
      keep={t`Leave it as it is`}
      submit={isRepair ? t`Repair the VM` : t`Accept into the record`}
      change={change}
      onSubmit={() => change.mutate(null)}
      onClose={onClose}
    >
      <p>
        {isRepair
          ? t`The VM on Proxmox VE is changed to what the record says. Of a running VM some of it takes effect only from its next start on; the note then says so.`
          : t`The record takes over what the VM has. Nothing is changed on Proxmox VE.`}
      </p>
      <dl>
        <Fact name={t`Record`}>
          <code>{valueWord(drift.field, drift.record)}</code>
        </Fact>
        <Fact name={t`Proxmox VE`}>
          <code>{valueWord(drift.field, drift.proxmox)}</code>
        </Fact>
      </dl>
    </ChangeDialog>
  );
}
