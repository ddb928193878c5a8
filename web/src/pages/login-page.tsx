import { Callout, Spinner } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Link, Navigate, useLocation, useSearchParams } from 'react-router';
import { Brand } from '../components/brand.tsx';
import { LoginForm } from '../components/login-form.tsx';
import { LanguageSwitch } from '../components/language-switch.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { useStore } from '../hooks/use-store.ts';
import { sessionStore } from '../session.ts';

/** Logs in and goes on to where the visitor was going. */
export function LoginPage() {
  const session = useStore(sessionStore);
  const [params] = useSearchParams();
  const { state } = useLocation();
  const [email, setEmail] = useState('');
  if (session.status === 'active') return <Navigate to={ownPath(params.get('next'))} replace />;
  return (
    <main className="login-page">
      <PageTitle text={t`Log in`} />
      <div className="login-card">
        <Brand />
        <h1>
          <Trans>Log in</Trans>
        </h1>
        {state?.isPasswordSet === true && (
          <Callout intent="success" role="status" className="login-notice" compact>
            <Trans>Your password is set. Log in with it.</Trans>
          </Callout>
        )}
        {session.status === 'restoring' ? (
          <Spinner aria-label={t`Loading`} />
        ) : (
          <LoginForm email={email} onEmail={setEmail} />
        )}
        <div className="login-other">
          <Link to="/forgot-password" state={{ email }}>
            <Trans>Forgot your password?</Trans>
          </Link>
          <LanguageSwitch id="login-language" label={t`Language`} />
        </div>
      </div>
    </main>
  );
}

/** A link may carry anything; only paths of this dashboard are followed. */
function ownPath(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) ? next : '/';
}
