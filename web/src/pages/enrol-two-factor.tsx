import '../shown-once.css';
import { FormGroup, InputGroup } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { TwoFactorEnrolment } from '../../../contract/account.ts';
import { confirmTwoFactor, enrolTwoFactor } from '../account-api.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { PasswordField } from '../components/password-field.tsx';
import { QrCode } from '../components/qr-code.tsx';
import { TWO_FACTOR_KEY, useAccountChange } from '../hooks/use-account.ts';
import { useFields } from '../hooks/use-fields.ts';
import { ChangeDialog } from './change-dialog.tsx';
import { RecoveryCodesDialog } from './recovery-codes.tsx';

const title = (): string => t`Set up two-factor authentication`;

/** The three steps of switching it on: the password, the app, the recovery codes. */
export function EnrolTwoFactor({ onClose }: { onClose: () => void }) {
  const [enrolment, setEnrolment] = useState<TwoFactorEnrolment | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  if (codes) return <RecoveryCodesDialog codes={codes} onClose={onClose} />;
  if (enrolment) return <ConfirmDialog enrolment={enrolment} onCodes={setCodes} onClose={onClose} />;
  return <PasswordDialog onEnrolment={setEnrolment} onClose={onClose} />;
}

interface PasswordDialogProps {
  onEnrolment: (enrolment: TwoFactorEnrolment) => void;
  onClose: () => void;
}

function PasswordDialog({ onEnrolment, onClose }: PasswordDialogProps) {
  const [password, setPassword] = useState('');
  const enrol = useMutation({ mutationFn: enrolTwoFactor, onSuccess: onEnrolment });
  const fields = useFields({ password: password ? null : t`Enter your password` }, enrol.error);
  return (
    <ChangeDialog
      title={title()}
      keep={t`Cancel`}
      submit={t`Continue`}
      fields={fields}
      change={enrol}
      onSubmit={() => enrol.mutate(password)}
      onClose={onClose}
    >
      <p>
        <Trans>
          You need an app for codes, such as Aegis, Google Authenticator, 1Password or Bitwarden. First show
          that it is you.
        </Trans>
      </p>
      <PasswordField
        id="enrol-password"
        label={t`Your password`}
        autoFocus
        value={password}
        wrong={fields.wrong.password}
        onChange={setPassword}
      />
    </ChangeDialog>
  );
}

interface ConfirmDialogProps {
  enrolment: TwoFactorEnrolment;
  onCodes: (codes: string[]) => void;
  onClose: () => void;
}

function ConfirmDialog({ enrolment: { secret, uri }, onCodes, onClose }: ConfirmDialogProps) {
  const [code, setCode] = useState('');
  const confirm = useAccountChange(TWO_FACTOR_KEY, confirmTwoFactor, (answer) =>
    onCodes(answer.recoveryCodes),
  );
  const isCode = /^\d{6}$/.test(code.replaceAll(/\s/g, ''));
  const fields = useFields({ code: isCode ? null : t`Enter the six digits` }, confirm.error);
  const wrong = fields.wrong.code;
  return (
    <ChangeDialog
      title={title()}
      keep={t`Cancel`}
      submit={t`Turn on`}
      fields={fields}
      change={confirm}
      retryHint={t`It is not known whether it is on now. Reload this page to see.`}
      onSubmit={() => confirm.mutate(code)}
      onClose={onClose}
    >
      <p>
        <Trans>Scan this with your app:</Trans>
      </p>
      <QrCode text={uri} label={t`QR code for your app`} />
      <p>
        <Trans>Or type this secret into it:</Trans>
      </p>
      <p className="shown-once">
        <code>{secret.match(/.{1,4}/g)?.join(' ')}</code>
        <CopyButton text={secret} label={t`the secret`} />
      </p>
      <FormGroup
        label={t`Code your app shows now`}
        labelFor="enrol-code"
        intent={wrong ? 'danger' : 'none'}
        helperText={wrong && <span id="enrol-code-help">{wrong}</span>}
      >
        <InputGroup
          id="enrol-code"
          autoComplete="one-time-code"
          inputMode="numeric"
          className="code-input"
          maxLength={7}
          autoFocus
          aria-invalid={wrong !== null}
          {...(wrong ? { 'aria-describedby': 'enrol-code-help' } : {})}
          value={code}
          onValueChange={setCode}
        />
      </FormGroup>
    </ChangeDialog>
  );
}
