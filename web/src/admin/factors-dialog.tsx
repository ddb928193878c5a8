import { Checkbox } from '@blueprintjs/core';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Person } from '../../../contract/people.ts';
import { apiFetch } from '../api.ts';
import { problemCode } from '../api-error.ts';
import { useFields } from '../hooks/use-fields.ts';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { NameConfirmation } from '../pages/name-confirmation.tsx';
import { showToast } from '../toaster.ts';

type Factor = 'two-factor' | 'passkeys';

/** Takes away what somebody logs in with beside a password, because they have lost the device it was on. */
export function FactorsDialog({
  user: { id, email, hasTwoFactor, hasPassword, passkeys },
  onClose,
}: {
  user: Person;
  onClose: () => void;
}) {
  const [chosen, setChosen] = useState<Record<Factor, boolean>>({
    'two-factor': hasTwoFactor,
    passkeys: passkeys > 0,
  });
  const [typed, setTyped] = useState('');
  const client = useQueryClient();
  const factors = (['two-factor', 'passkeys'] as const).filter((factor) => chosen[factor]);
  const change = useMutation({
    mutationFn: async () => {
      for (const factor of factors) await remove(`/admin/users/${id}/${factor}`);
    },
    onSuccess: async () => {
      showToast({ message: t`Taken away, and ${email} is logged out everywhere.`, intent: 'success' });
      onClose();
      await client.invalidateQueries({ queryKey: ['admin'] });
    },
  });
  const fields = useFields(
    { factors: factors.length > 0 ? null : t`Choose what to take away` },
    change.error,
  );
  const choose = (factor: Factor) => (event: { currentTarget: HTMLInputElement }) =>
    setChosen({ ...chosen, [factor]: event.currentTarget.checked });
  return (
    <ChangeDialog
      title={t`Has ${email} lost a device?`}
      keep={t`Leave it as it is`}
      submit={t`Take away`}
      isHarsh
      canSubmit={typed.trim() === email}
      fields={fields}
      change={change}
      onSubmit={() => change.mutate()}
      onClose={onClose}
    >
      <p>
        <Trans>
          Make sure that it is really them who ask: whoever knows their password gets in without a second step
          afterwards. They are logged out everywhere, and find this in their audit log.
        </Trans>
      </p>
      {fields.wrong.factors && (
        <p className="choice-error" tabIndex={-1}>
          {fields.wrong.factors}
        </p>
      )}
      {hasTwoFactor && (
        <Checkbox
          checked={chosen['two-factor']}
          onChange={choose('two-factor')}
          label={t`Take away the codes of an app, with their recovery codes`}
        />
      )}
      {passkeys > 0 && (
        <Checkbox
          checked={chosen.passkeys}
          onChange={choose('passkeys')}
          label={plural(passkeys, {
            one: 'Take away their passkey',
            other: 'Take away all of their # passkeys',
          })}
        />
      )}
      {!hasPassword && (
        <p>
          <Trans>They have no password: make a password link for them afterwards.</Trans>
        </p>
      )}
      <NameConfirmation name={email} typed={typed} onType={setTyped} />
    </ChangeDialog>
  );
}

/** What is gone already is as it should be: it may be the second try. */
async function remove(path: string): Promise<void> {
  try {
    await apiFetch(path, { method: 'DELETE' });
  } catch (error) {
    if (problemCode(error) !== 'not_found') throw error;
  }
}
