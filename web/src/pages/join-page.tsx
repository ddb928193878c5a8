import { Button } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Navigate, useLocation, useNavigate } from 'react-router';
import { Brand } from '../components/brand.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { useStore } from '../hooks/use-store.ts';
import { refreshSession, sessionStore } from '../session.ts';
import { joinTeam } from '../team-api.ts';

const KEY = 'berth-invitation';

/** The token behind the # of the link, which no server gets to see; kept in this tab while somebody logs in. */
function useToken(): string {
  const { hash } = useLocation();
  const given = hash.slice(1);
  try {
    if (given) sessionStorage.setItem(KEY, given);
    return given || (sessionStorage.getItem(KEY) ?? '');
  } catch {
    return given;
  }
}

/** Where an invitation leads: whoever is logged in takes part by it. */
export function JoinPage() {
  const token = useToken();
  const session = useStore(sessionStore);
  if (session.status === 'anonymous') return <Navigate to="/login?next=%2Fjoin" replace />;
  return (
    <main className="login-page">
      <PageTitle text={t`Invitation`} />
      <div className="login-card">
        <Brand />
        <h1>
          <Trans>Invitation</Trans>
        </h1>
        {token === '' ? (
          <p>
            <Trans>This link is not complete.</Trans>
          </p>
        ) : 'user' in session ? (
          <Join token={token} email={session.user.email} />
        ) : null}
      </div>
    </main>
  );
}

function Join({ token, email }: { token: string; email: string }) {
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setIsBusy] = useState(false);
  const navigate = useNavigate();

  async function join(): Promise<void> {
    setIsBusy(true);
    setError(null);
    try {
      const { serverId } = await joinTeam(token);
      sessionStorage.removeItem(KEY);
      // Who one is says in which accounts.
      await refreshSession();
      await navigate(serverId ? `/servers/${serverId}` : '/', { replace: true });
    } catch (refusal) {
      setError(refusal);
      setIsBusy(false);
    }
  }

  return (
    <>
      <p>
        <Trans>
          You are logged in as <strong>{email}</strong>. By this link you take part in somebody else’s account
          or server.
        </Trans>
      </p>
      {error !== null && <ProblemCallout error={error} />}
      <Button
        intent="primary"
        size="large"
        fill
        text={t`Take part`}
        loading={isBusy}
        onClick={() => void join()}
      />
    </>
  );
}
