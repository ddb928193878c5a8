import { Spinner } from '@blueprintjs/core';
import { ChevronLeft } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { DeletedServer } from '../../../contract/servers.ts';
import { json } from '../api.ts';
import { problemCode } from '../api-error.ts';
import { ErrorState } from '../components/error-state.tsx';
import { Fact, Facts } from '../components/facts.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { NotFoundPage } from './not-found-page.tsx';
import { ServerActivity } from './server-activity.tsx';

/** Where a link to a server leads that is not there any more: what became of it, and ways on. */
export function DeletedServerPage({ id }: { id: string }) {
  const server = useQuery({
    queryKey: ['deleted-server', id],
    queryFn: ({ signal }) => json<DeletedServer>(`/deleted-servers/${id}`, { signal }),
  });
  if (server.data) return <Remains server={server.data} />;
  const code = problemCode(server.error);
  if (code === 'not_found' || code === 'invalid_input') return <NotFoundPage />;
  return (
    <div className="page">
      <PageTitle text={t`Server`} />
      {server.isPending && <Spinner className="page-spinner" aria-label={t`Loading`} />}
      {server.error && (
        <ErrorState
          title={t`This server could not be read`}
          error={server.error}
          onRetry={() => void server.refetch()}
        />
      )}
    </div>
  );
}

function Remains({ server }: { server: DeletedServer }) {
  const { id, name, deletedAt, createdAt, accountName, planName, templateName, deletedBy } = server;
  return (
    <div className="page">
      <PageTitle text={t`${name} (deleted)`} />
      <Link to="/" className="back-link">
        <Trans>
          <ChevronLeft size={14} /> Servers
        </Trans>
      </Link>
      <h1>{t`${name} was deleted`}</h1>
      <p>
        <Trans>
          This server does not exist any more. Its disks are erased and its addresses given back; nothing of
          it can be restored here.
        </Trans>
      </p>
      <p className="ways-on">
        <Link to="/">
          <Trans>Go to your servers</Trans>
        </Link>
        <Link to="/servers/new">
          <Trans>Create a new server</Trans>
        </Link>
      </p>
      <div className="overview">
        <Facts title={t`Record`}>
          <Fact name={t`Deleted`}>
            <TimeAgo iso={deletedAt} />
          </Fact>
          {deletedBy && (
            <Fact name={t`By`}>
              <Actor by={deletedBy} />
            </Fact>
          )}
          <Fact name={t`Created`}>
            <TimeAgo iso={createdAt} />
          </Fact>
          <Fact name={t`Account`}>
            <span className="sensitive">{accountName}</span>
          </Fact>
          {planName && <Fact name={t`Plan`}>{planName}</Fact>}
          {templateName && <Fact name={t`System`}>{templateName}</Fact>}
        </Facts>
      </div>
      <section className="deleted-activity" aria-labelledby="activity-title">
        <h2 id="activity-title">
          <Trans>Activity</Trans>
        </h2>
        <ServerActivity serverId={id} />
      </section>
    </div>
  );
}

function Actor({ by: { actor, name } }: { by: NonNullable<DeletedServer['deletedBy']> }) {
  if (actor === 'you') return t`you`;
  if (name) return <span className="sensitive">{name}</span>;
  return t`your provider`;
}
