import { Button, Callout, FormGroup, InputGroup } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Link, useLocation } from 'react-router';
import { ApiError, NetworkError, problemCode, readProblem } from '../api-error.ts';
import { Brand } from '../components/brand.tsx';
import { LanguageSwitch } from '../components/language-switch.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { useFields } from '../hooks/use-fields.ts';
import { languageStore } from '../language.ts';
import { post } from '../session.ts';

/** Asks for a link by e-mail to set a new password. Whether the address is known here is not said. What was typed at the login is there already. */
export function ForgotPasswordPage() {
  const [email, setEmail] = useState<string>(useLocation().state?.email ?? '');
  const { ask, state, error } = useAsking();
  const { form, wrong, rest, check } = useFields(
    { email: email.includes('@') ? null : t`Enter your e-mail address` },
    error,
  );

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (check()) void ask(email.trim());
  }

  return (
    <main className="login-page">
      <PageTitle text={t`Forgot your password?`} />
      <div className="login-card">
        <Brand />
        <h1>
          <Trans>Forgot your password?</Trans>
        </h1>
        <div role="status">
          {state === 'sent' && (
            <Callout intent="success" className="login-notice" compact>
              <p>
                <Trans>
                  If there is a user with the address <strong className="sensitive">{email.trim()}</strong>, a
                  link is on its way there. It works once, within an hour.
                </Trans>
              </p>
              <p>
                <Trans>Nothing there after some minutes? Look among the spam, or ask your provider.</Trans>
              </p>
            </Callout>
          )}
        </div>
        {state !== 'sent' && (
          <form ref={form} noValidate onSubmit={submit} aria-label={t`Forgot your password?`}>
            <p className="muted">
              <Trans>You get a link by e-mail with which you set a new one.</Trans>
            </p>
            <FormGroup
              label={t`E-mail`}
              labelFor="forgot-email"
              intent={wrong.email ? 'danger' : 'none'}
              helperText={wrong.email && <span id="forgot-email-help">{wrong.email}</span>}
            >
              <InputGroup
                id="forgot-email"
                type="email"
                autoComplete="username"
                size="large"
                autoFocus
                intent={wrong.email ? 'danger' : 'none'}
                aria-invalid={wrong.email !== null}
                aria-describedby={wrong.email ? 'forgot-email-help' : undefined}
                value={email}
                onValueChange={setEmail}
              />
            </FormGroup>
            {rest !== null && (
              <Callout intent="danger" role="alert" tabIndex={-1} className="login-refusal problem" compact>
                {explain(rest)}
              </Callout>
            )}
            <Button
              type="submit"
              intent="primary"
              size="large"
              fill
              loading={state === 'asking'}
              text={t`Send the link`}
            />
          </form>
        )}
        <div className="login-other">
          <Link to="/login">
            <Trans>Back to the login</Trans>
          </Link>
          <LanguageSwitch id="forgot-language" label={t`Language`} />
        </div>
      </div>
    </main>
  );
}

function useAsking() {
  const [state, setState] = useState<'open' | 'asking' | 'sent'>('open');
  const [error, setError] = useState<unknown>(null);

  async function ask(email: string): Promise<void> {
    if (state === 'asking') return;
    setState('asking');
    setError(null);
    try {
      const response = await post('/password-resets', { email, language: languageStore.get() });
      if (!response.ok) throw await readProblem(response);
      setState('sent');
    } catch (refusal) {
      setError(refusal);
      setState('open');
    }
  }
  return { ask, state, error };
}

function explain(error: unknown): string {
  if (error instanceof NetworkError) return t`Berth does not answer. Check your connection and try again.`;
  if (problemCode(error) === 'invalid_state')
    return t`This Berth sends no e-mail. Ask your provider for a link to set a new password.`;
  if (problemCode(error) === 'rate_limited') return t`Too many attempts. Wait some minutes, then try again.`;
  return error instanceof ApiError ? error.message : t`Something went wrong. Try again.`;
}
