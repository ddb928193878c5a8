import { Button } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { ChangePassword } from '../../../contract/account.ts';
import { changePassword } from '../account-api.ts';
import { sentence } from '../api-error.ts';
import { PasswordField } from '../components/password-field.tsx';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { SESSIONS_KEY, useAccountChange } from '../hooks/use-account.ts';
import { useFields } from '../hooks/use-fields.ts';
import { useUser } from '../hooks/use-user.ts';
import { showToast } from '../toaster.ts';
import '../zod-without-eval.ts';
import { sayIssue } from '../../../contract/say-issue.ts';
import { inLanguage } from '../contract-words.ts';

/** Another password, for who knows the present one. */
export function ChangePasswordForm() {
  const [currentPassword, setCurrent] = useState('');
  const [newPassword, setNew] = useState('');
  const user = useUser();
  const change = useAccountChange(SESSIONS_KEY, changePassword, () => {
    setCurrent('');
    setNew('');
    showToast({ message: t`Your password is changed. Your other sessions have ended.`, intent: 'success' });
  });
  const issue = ChangePassword.shape.newPassword.safeParse(newPassword).error?.issues[0];
  const { form, wrong, rest, check } = useFields(
    {
      currentPassword: currentPassword ? null : t`Enter your present password`,
      newPassword: issue ? sentence(inLanguage(issue.message, sayIssue(issue))) : null,
    },
    change.error,
  );

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!change.isPending && check()) change.mutate({ currentPassword, newPassword });
  }

  return (
    <section className="panel" aria-labelledby="password-title">
      <h2 id="password-title">
        <Trans>Password</Trans>
      </h2>
      <p className="muted">
        <Trans>Changing it ends your other sessions. API tokens go on working.</Trans>
      </p>
      <form ref={form} onSubmit={submit} noValidate className="short-form" aria-label={t`Change password`}>
        {/* For password managers, which would not know whose password this is. */}
        <input hidden type="email" autoComplete="username" value={user?.email ?? ''} readOnly />
        <PasswordField
          id="current-password"
          label={t`Present password`}
          value={currentPassword}
          wrong={wrong.currentPassword}
          onChange={setCurrent}
        />
        <PasswordField
          id="new-password"
          label={t`New password`}
          help={t`At least 10 characters`}
          isNew
          value={newPassword}
          wrong={wrong.newPassword}
          onChange={setNew}
        />
        {rest !== null && <ProblemCallout error={rest} />}
        <Button type="submit" intent="primary" text={t`Change password`} loading={change.isPending} />
      </form>
    </section>
  );
}
