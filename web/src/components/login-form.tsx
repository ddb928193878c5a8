import { Button, Callout, FormGroup, InputGroup } from '@blueprintjs/core';
import { type FormEvent, useState } from 'react';
import { ApiError, NetworkError } from '../api-error.ts';
import { useNow } from '../hooks/use-now.ts';
import { logIn } from '../session.ts';

/** One attempt at a time; after a rate limit none until its time is over. */
function useLogIn() {
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [blockedUntilMs, setBlockedUntilMs] = useState(0);
  const now = useNow(blockedUntilMs > 0 ? 500 : null);
  const waitSeconds = Math.max(0, Math.ceil((blockedUntilMs - now) / 1000));

  async function attempt(email: string, password: string): Promise<void> {
    if (isBusy || waitSeconds > 0) return;
    setIsBusy(true);
    setError(null);
    try {
      await logIn(email, password);
    } catch (refusal) {
      setError(refusal);
      const delay = refusal instanceof ApiError ? refusal.retryAfterSeconds : null;
      setBlockedUntilMs(delay ? Date.now() + delay * 1000 : 0);
      setIsBusy(false);
    }
  }
  return { attempt, error, isBusy, waitSeconds };
}

/** E-mail and password. `lockedEmail` asks the same person again. A rate limit counts down and then lets go. */
export function LoginForm({ lockedEmail }: { lockedEmail?: string }) {
  const [email, setEmail] = useState(lockedEmail ?? '');
  const [password, setPassword] = useState('');
  const { attempt, error, isBusy, waitSeconds } = useLogIn();

  function submit(event: FormEvent): void {
    event.preventDefault();
    void attempt(email, password);
  }

  return (
    <form onSubmit={submit} aria-label="Log in">
      <FormGroup label="E-mail" labelFor="login-email">
        <InputGroup
          id="login-email"
          type="email"
          autoComplete="username"
          size="large"
          required
          autoFocus={!lockedEmail}
          readOnly={lockedEmail !== undefined}
          value={email}
          onValueChange={setEmail}
        />
      </FormGroup>
      <FormGroup label="Password" labelFor="login-password">
        <InputGroup
          id="login-password"
          type="password"
          autoComplete="current-password"
          size="large"
          required
          autoFocus={lockedEmail !== undefined}
          value={password}
          onValueChange={setPassword}
        />
      </FormGroup>
      {error !== null && <LoginRefusal error={error} waitSeconds={waitSeconds} />}
      <Button
        type="submit"
        intent="primary"
        size="large"
        fill
        loading={isBusy}
        disabled={waitSeconds > 0}
        text={waitSeconds > 0 ? `Try again in ${waitSeconds} s` : 'Log in'}
      />
    </form>
  );
}

function LoginRefusal({ error, waitSeconds }: { error: unknown; waitSeconds: number }) {
  return (
    <Callout intent="danger" role="alert" className="login-refusal" compact>
      {explain(error, waitSeconds)}
    </Callout>
  );
}

function explain(error: unknown, waitSeconds: number): string {
  if (error instanceof NetworkError) return 'Berth does not answer. Check your connection and try again.';
  if (!(error instanceof ApiError)) return 'Something went wrong. Try again.';
  if (error.problem.code === 'invalid_credentials') return 'E-mail or password is wrong.';
  if (error.problem.code !== 'rate_limited') return error.message;
  return waitSeconds > 0
    ? 'Too many attempts. Wait for the countdown, then try again.'
    : 'Too many attempts. You can try again now.';
}
