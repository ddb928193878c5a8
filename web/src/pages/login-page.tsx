import { Callout, Spinner } from '@blueprintjs/core';
import { Navigate, useLocation, useSearchParams } from 'react-router';
import { Brand } from '../components/brand.tsx';
import { LoginForm } from '../components/login-form.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { useStore } from '../hooks/use-store.ts';
import { sessionStore } from '../session.ts';

/** Logs in and goes on to where the visitor was going. */
export function LoginPage() {
  const session = useStore(sessionStore);
  const [params] = useSearchParams();
  const { state } = useLocation();
  if (session.status === 'active') return <Navigate to={ownPath(params.get('next'))} replace />;
  return (
    <main className="login-page">
      <PageTitle text="Log in" />
      <div className="login-card">
        <Brand />
        <h1>Log in</h1>
        {state?.isPasswordSet === true && (
          <Callout intent="success" role="status" className="login-notice" compact>
            Your password is set. Log in with it.
          </Callout>
        )}
        {session.status === 'restoring' ? <Spinner aria-label="Loading" /> : <LoginForm />}
      </div>
    </main>
  );
}

/** A link may carry anything; only paths of this dashboard are followed. */
function ownPath(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) ? next : '/';
}
