import { Button, Spinner, Tag } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { OpenSession } from '../../../contract/account.ts';
import { endOtherSessions, endSession } from '../account-api.ts';
import { ErrorState } from '../components/error-state.tsx';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { describeBrowser } from '../describe-browser.ts';
import { SESSIONS_KEY, useAccountChange, useSessions } from '../hooks/use-account.ts';

/** Where somebody is logged in, and how to end that. */
export function SessionList() {
  const sessions = useSessions();
  const endOthers = useAccountChange(SESSIONS_KEY, endOtherSessions);
  const items = sessions.data?.items ?? [];
  return (
    <section className="panel" aria-labelledby="sessions-title">
      <div className="panel-head">
        <div>
          <h2 id="sessions-title">
            <Trans>Sessions</Trans>
          </h2>
          <p className="muted">
            <Trans>Where you are logged in.</Trans>
          </p>
        </div>
        {items.length > 1 && (
          <Button
            text={t`End all others`}
            loading={endOthers.isPending}
            onClick={() => endOthers.mutate(undefined)}
          />
        )}
      </div>
      {endOthers.error && <ProblemCallout error={endOthers.error} />}
      {sessions.isPending && <Spinner className="page-spinner" aria-label={t`Loading the sessions`} />}
      {sessions.isError && !sessions.data && (
        <ErrorState
          title={t`Your sessions cannot be shown`}
          error={sessions.error}
          onRetry={() => void sessions.refetch()}
        />
      )}
      {items.length > 0 && (
        <ul className="row-list" aria-label={t`Sessions`}>
          {items.map((session) => (
            <SessionRow key={session.id} session={session} />
          ))}
        </ul>
      )}
    </section>
  );
}

function SessionRow({ session }: { session: OpenSession }) {
  const { id, ip, userAgent, isCurrent, createdAt, lastUsedAt } = session;
  const end = useAccountChange(SESSIONS_KEY, endSession);
  const browser = describeBrowser(userAgent);
  return (
    <li>
      <div className="row-main">
        <div className="row-title">
          <span title={userAgent ?? undefined}>{browser}</span>
          {isCurrent && (
            <Tag minimal intent="success">
              <Trans>This one</Trans>
            </Tag>
          )}
        </div>
        <span className="second-line">
          {ip ?? t`unknown address`}
          {' · '}
          <Trans>
            logged in <TimeAgo iso={createdAt} />
          </Trans>
          {lastUsedAt && !isCurrent && (
            <>
              {' · '}
              <Trans>
                last used <TimeAgo iso={lastUsedAt} />
              </Trans>
            </>
          )}
        </span>
        {end.error && <ProblemCallout error={end.error} />}
      </div>
      {!isCurrent && (
        <Button
          text={t`End`}
          aria-label={t`End the session of ${browser} at ${ip ?? t`an unknown address`}`}
          loading={end.isPending}
          onClick={() => end.mutate(id)}
        />
      )}
    </li>
  );
}
