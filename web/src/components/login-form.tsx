import { Button, Callout, FormGroup, InputGroup } from '@blueprintjs/core';
import { Key } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { type FormEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { ApiError, NetworkError, problemCode } from '../api-error.ts';
import { focusWrong } from '../focus-wrong.ts';
import { formatDuration } from '../format-time.ts';
import { useNow } from '../hooks/use-now.ts';
import { logInWithPasskey, passkeyRefusal } from '../passkeys.ts';
import { logIn } from '../session.ts';

/** One attempt at a time; after a rate limit none until its time is over. */
function useLogIn() {
  const [error, setError] = useState<unknown>(null);
  const [busyWith, setBusyWith] = useState<'password' | 'passkey' | null>(null);
  const [needsCode, setNeedsCode] = useState(false);
  const [blockedUntilMs, setBlockedUntilMs] = useState(0);
  const now = useNow(blockedUntilMs > 0 ? 500 : null);
  const waitSeconds = Math.max(0, Math.ceil((blockedUntilMs - now) / 1000));

  async function attempt(means: 'password' | 'passkey', send: () => Promise<void>): Promise<void> {
    if (busyWith !== null || waitSeconds > 0) return;
    setBusyWith(means);
    setError(null);
    try {
      await send();
    } catch (refusal) {
      if (problemCode(refusal) === 'second_factor_required') setNeedsCode(true);
      else setError(refusal);
      const delay = refusal instanceof ApiError ? refusal.retryAfterSeconds : null;
      setBlockedUntilMs(delay ? Date.now() + delay * 1000 : 0);
      setBusyWith(null);
    }
  }
  function forget(): void {
    setError(null);
    setBlockedUntilMs(0);
  }
  function startOver(): void {
    setNeedsCode(false);
    forget();
  }
  return { attempt, startOver, forget, needsCode, error, busyWith, waitSeconds };
}

/** The button that was pressed had the focus: it goes to what has to be typed again, or else to what says why not. */
function useShownRefusal(error: unknown): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (error) focusWrong(form.current);
  }, [error]);
  return form;
}

interface LoginFormProps {
  email: string;
  /** Without it the same person is asked again. */
  onEmail?: (email: string) => void;
}

/** E-mail and password, then a code where one is needed; or a passkey. A rate limit counts down and then lets go. */
export function LoginForm({ email, onEmail }: LoginFormProps) {
  const [password, setPassword] = useState('');
  const { attempt, startOver, forget, needsCode, error, busyWith, waitSeconds } = useLogIn();
  const form = useShownRefusal(error);
  const isBusy = busyWith === 'password';

  if (needsCode) {
    return (
      <CodeForm
        error={error}
        isBusy={isBusy}
        waitSeconds={waitSeconds}
        onCode={(code) => void attempt('password', async () => logIn(email, password, code))}
        onSwitch={forget}
        onBack={() => {
          setPassword('');
          startOver();
        }}
      />
    );
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    void attempt('password', async () => logIn(email, password));
  }

  return (
    <form ref={form} onSubmit={submit} aria-label={t`Log in`}>
      <FormGroup label={t`E-mail`} labelFor="login-email">
        <InputGroup
          id="login-email"
          type="email"
          autoComplete="username"
          size="large"
          required
          autoFocus={onEmail !== undefined}
          readOnly={!onEmail}
          value={email}
          {...(onEmail ? { onValueChange: onEmail } : {})}
        />
      </FormGroup>
      <FormGroup label={t`Password`} labelFor="login-password">
        <InputGroup
          id="login-password"
          type="password"
          autoComplete="current-password"
          size="large"
          required
          autoFocus={!onEmail}
          aria-invalid={problemCode(error) === 'invalid_credentials'}
          value={password}
          onValueChange={setPassword}
        />
      </FormGroup>
      {error !== null && <LoginRefusal error={error} waitSeconds={waitSeconds} />}
      <SubmitButton isBusy={isBusy} waitSeconds={waitSeconds} />
      <Button
        className="login-passkey"
        icon={<Key />}
        size="large"
        fill
        loading={busyWith === 'passkey'}
        disabled={waitSeconds > 0}
        text={t`Log in with a passkey`}
        onClick={() => void attempt('passkey', async () => logInWithPasskey(onEmail ? undefined : email))}
      />
    </form>
  );
}

interface CodeFormProps {
  error: unknown;
  isBusy: boolean;
  waitSeconds: number;
  onCode: (code: string) => void;
  /** Another kind of code is about to be typed: what was said of the first does not hold for it. */
  onSwitch: () => void;
  onBack: () => void;
}

/** The second step: what an app shows, or one of the codes that were kept for when it is lost. */
function CodeForm({ error, isBusy, waitSeconds, onCode, onSwitch, onBack }: CodeFormProps) {
  const [code, setCode] = useState('');
  const form = useShownRefusal(error);
  const [isRecovery, setIsRecovery] = useState(false);

  function submit(event: FormEvent): void {
    event.preventDefault();
    onCode(code);
  }

  return (
    <form ref={form} onSubmit={submit} aria-label={t`Second step`}>
      <FormGroup
        label={isRecovery ? t`Recovery code` : t`Code of your app`}
        labelFor="login-code"
        helperText={
          <span id="login-code-help">
            {isRecovery ? t`One of the ten you were shown. Each works once.` : t`Six digits`}
          </span>
        }
      >
        <InputGroup
          key={isRecovery ? 'recovery' : 'app'}
          id="login-code"
          className="code-input"
          autoComplete={isRecovery ? 'off' : 'one-time-code'}
          inputMode={isRecovery ? 'text' : 'numeric'}
          spellCheck={false}
          size="large"
          required
          autoFocus
          maxLength={64}
          aria-invalid={problemCode(error) === 'invalid_code'}
          aria-describedby="login-code-help"
          value={code}
          onValueChange={setCode}
        />
      </FormGroup>
      {error !== null && <LoginRefusal error={error} waitSeconds={waitSeconds} />}
      <SubmitButton isBusy={isBusy} waitSeconds={waitSeconds} />
      <div className="login-other">
        <Button
          variant="minimal"
          size="small"
          text={isRecovery ? t`Use the app` : t`Use a recovery code`}
          onClick={() => {
            setIsRecovery(!isRecovery);
            setCode('');
            onSwitch();
          }}
        />
        <Button variant="minimal" size="small" text={t`Back`} onClick={onBack} />
      </div>
    </form>
  );
}

function SubmitButton({ isBusy, waitSeconds }: { isBusy: boolean; waitSeconds: number }) {
  return (
    <Button
      type="submit"
      intent="primary"
      size="large"
      fill
      loading={isBusy}
      disabled={waitSeconds > 0}
      text={waitSeconds > 0 ? t`Try again in ${formatDuration(waitSeconds * 1000)}` : t`Log in`}
    />
  );
}

function LoginRefusal({ error, waitSeconds }: { error: unknown; waitSeconds: number }) {
  return (
    <Callout intent="danger" role="alert" tabIndex={-1} className="login-refusal problem" compact>
      {explain(error, waitSeconds)}
    </Callout>
  );
}

function explain(error: unknown, waitSeconds: number): string {
  if (error instanceof NetworkError) return t`Berth does not answer. Check your connection and try again.`;
  const refusal = passkeyRefusal(error);
  if (refusal !== null) return refusal;
  if (!(error instanceof ApiError)) return t`Something went wrong. Try again.`;
  if (error.problem.code === 'invalid_code')
    return t`This code is wrong, or has been used. Wait for the next one.`;
  if (error.problem.code === 'invalid_passkey')
    return t`Nobody can log in with this passkey. Use another one, or the password.`;
  if (error.problem.code === 'invalid_credentials') return t`E-mail or password is wrong.`;
  if (error.problem.code !== 'rate_limited') return error.message;
  return waitSeconds > 0
    ? t`Too many attempts. Wait for the countdown, then try again.`
    : t`Too many attempts. You can try again now.`;
}
