import { Button, Callout, Spinner, Tag } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { TwoFactor } from '../../../contract/account.ts';
import { disableTwoFactor, renewRecoveryCodes } from '../account-api.ts';
import { ErrorState } from '../components/error-state.tsx';
import { PasswordField } from '../components/password-field.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { TWO_FACTOR_KEY, useAccountChange, useTwoFactor } from '../hooks/use-account.ts';
import { useFields } from '../hooks/use-fields.ts';
import { ChangeDialog } from './change-dialog.tsx';
import { EnrolTwoFactor } from './enrol-two-factor.tsx';
import { RecoveryCodesDialog } from './recovery-codes.tsx';

type Open = 'enrol' | 'renew' | 'disable' | null;
const FEW_CODES = 3;

/** The second step of logging in: whether it is on, and what can be done about that. */
export function TwoFactorPanel() {
  const twoFactor = useTwoFactor();
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  return (
    <section className="panel" aria-labelledby="two-factor-title">
      <div className="panel-head">
        <div>
          <h2 id="two-factor-title">
            <Trans>Two-factor authentication</Trans>
          </h2>
          <p className="muted">
            <Trans>A code of an app on your phone, besides the password, whenever you log in.</Trans>
          </p>
        </div>
        {twoFactor.data && <State twoFactor={twoFactor.data} onOpen={setOpen} />}
      </div>
      {twoFactor.data && <FewCodes twoFactor={twoFactor.data} />}
      {twoFactor.isPending && <Spinner size={24} aria-label={t`Loading`} />}
      {twoFactor.isError && !twoFactor.data && (
        <ErrorState
          title={t`It is not known whether it is on`}
          error={twoFactor.error}
          onRetry={() => void twoFactor.refetch()}
        />
      )}
      {open === 'enrol' && <EnrolTwoFactor onClose={close} />}
      {open === 'renew' && <RenewDialog onClose={close} />}
      {open === 'disable' && <DisableDialog onClose={close} />}
    </section>
  );
}

function State({ twoFactor, onOpen }: { twoFactor: TwoFactor; onOpen: (open: Open) => void }) {
  if (twoFactor.enabledAt === null)
    return <Button intent="primary" text={t`Set up`} onClick={() => onOpen('enrol')} />;
  return (
    <div className="button-row">
      <Button text={t`New recovery codes`} onClick={() => onOpen('renew')} />
      <Button text={t`Turn off`} onClick={() => onOpen('disable')} />
    </div>
  );
}

function FewCodes({ twoFactor: { enabledAt, recoveryCodesLeft } }: { twoFactor: TwoFactor }) {
  if (enabledAt === null) return null;
  return (
    <>
      <p>
        <Trans>
          <Tag minimal intent="success">
            On
          </Tag>{' '}
          turned on <TimeAgo iso={enabledAt} /> · {recoveryCodesLeft} of 10 recovery codes left
        </Trans>
      </p>
      {recoveryCodesLeft <= FEW_CODES && (
        <Callout intent="warning" compact>
          <Trans>You are running out of recovery codes. Without one, losing your phone locks you out.</Trans>
        </Callout>
      )}
    </>
  );
}

function RenewDialog({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState('');
  const renew = useAccountChange(TWO_FACTOR_KEY, renewRecoveryCodes);
  const fields = useFields({ password: password ? null : t`Enter your password` }, renew.error);
  if (renew.data) return <RecoveryCodesDialog codes={renew.data.recoveryCodes} onClose={onClose} />;
  return (
    <ChangeDialog
      title={t`New recovery codes`}
      keep={t`Keep the old ones`}
      submit={t`Get new codes`}
      fields={fields}
      change={renew}
      onSubmit={() => renew.mutate(password)}
      onClose={onClose}
    >
      <p>
        <Trans>The ten codes you have now stop working.</Trans>
      </p>
      <PasswordField
        id="renew-password"
        label={t`Your password`}
        autoFocus
        value={password}
        wrong={fields.wrong.password}
        onChange={setPassword}
      />
    </ChangeDialog>
  );
}

function DisableDialog({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState('');
  const disable = useAccountChange(TWO_FACTOR_KEY, disableTwoFactor, onClose);
  const fields = useFields({ password: password ? null : t`Enter your password` }, disable.error);
  return (
    <ChangeDialog
      title={t`Turn off two-factor authentication`}
      keep={t`Keep it on`}
      submit={t`Turn off`}
      isHarsh
      fields={fields}
      change={disable}
      onSubmit={() => disable.mutate(password)}
      onClose={onClose}
    >
      <p>
        <Trans>Whoever knows your password can then log in as you. Your recovery codes stop working.</Trans>
      </p>
      <PasswordField
        id="disable-password"
        label={t`Your password`}
        autoFocus
        value={password}
        wrong={fields.wrong.password}
        onChange={setPassword}
      />
    </ChangeDialog>
  );
}
