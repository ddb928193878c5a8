import { Button, Callout } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Link, useLocation, useNavigate } from 'react-router';
import { SetPassword } from '../../../contract/auth.ts';
import { ApiError, NetworkError, problemCode, sentence } from '../api-error.ts';
import { Brand } from '../components/brand.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { PasswordField } from '../components/password-field.tsx';
import { useFields } from '../hooks/use-fields.ts';
import { setPassword } from '../session.ts';
import '../zod-without-eval.ts';
import { sayIssue } from '../../../contract/say-issue.ts';
import { inLanguage } from '../contract-words.ts';

/** Where a link leads that a provider sent: its token is behind the #, which no server gets to see. */
export function SetPasswordPage() {
  const token = useLocation().hash.slice(1);
  return (
    <main className="login-page">
      <PageTitle text={t`Set your password`} />
      <div className="login-card">
        <Brand />
        <h1>
          <Trans>Set your password</Trans>
        </h1>
        {token === '' ? (
          <LinkOfNoUse text={t`This link is not complete.`} />
        ) : (
          <SetPasswordForm key={token} token={token} />
        )}
      </div>
    </main>
  );
}

function useSetPassword(token: string) {
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setIsBusy] = useState(false);
  const navigate = useNavigate();

  async function attempt(password: string): Promise<void> {
    if (isBusy) return;
    setIsBusy(true);
    setError(null);
    try {
      await setPassword(token, password);
      // In place of this page, so that the token is not left in the history.
      await navigate('/login', { replace: true, state: { isPasswordSet: true } });
    } catch (refusal) {
      setError(refusal);
      setIsBusy(false);
    }
  }
  return { attempt, error, isBusy };
}

function SetPasswordForm({ token }: { token: string }) {
  const [password, setPasswordText] = useState('');
  const { attempt, error, isBusy } = useSetPassword(token);
  const issue = SetPassword.shape.password.safeParse(password).error?.issues[0];
  const { form, wrong, rest, check } = useFields(
    { password: issue ? sentence(inLanguage(issue.message, sayIssue(issue))) : null },
    error,
  );

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (check()) void attempt(password);
  }

  if (problemCode(error) === 'invalid_link')
    return <LinkOfNoUse text={t`This link has expired or has been used.`} />;
  return (
    <form ref={form} onSubmit={submit} noValidate aria-label={t`Set your password`}>
      <PasswordField
        id="new-password"
        label={t`New password`}
        help={t`At least 10 characters`}
        isNew
        isLarge
        autoFocus
        value={password}
        wrong={wrong.password}
        onChange={setPasswordText}
      />
      {rest !== null && (
        <Callout intent="danger" role="alert" tabIndex={-1} className="login-refusal problem" compact>
          {explain(rest)}
        </Callout>
      )}
      <Button type="submit" intent="primary" size="large" fill loading={isBusy} text={t`Set password`} />
    </form>
  );
}

function LinkOfNoUse({ text }: { text: string }) {
  return (
    <Callout intent="warning" role="alert" compact>
      <Trans>
        {text} <Link to="/forgot-password">Ask for a new one</Link>, or ask your provider.
      </Trans>
    </Callout>
  );
}

function explain(error: unknown): string {
  if (error instanceof NetworkError) return t`Berth does not answer. Check your connection and try again.`;
  return error instanceof ApiError ? error.message : t`Something went wrong. Try again.`;
}
