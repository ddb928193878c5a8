import { Spinner, Tab, Tabs } from '@blueprintjs/core';
import { ChevronLeft } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect, useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import type { Operation } from '../../../contract/operations.ts';
import type { Server } from '../../../contract/servers.ts';
import { problemCode } from '../api-error.ts';
import { ErrorState } from '../components/error-state.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { StatusLabel } from '../components/status-label.tsx';
import { useNow } from '../hooks/use-now.ts';
import { useOperations } from '../hooks/use-operations.ts';
import { useServer } from '../hooks/use-server.ts';
import { isLiveOperation } from '../live-cache.ts';
import { operationName, stepTitle } from '../contract-words.ts';
import { OPERATION_STATUS_WORDS } from '../operation-words.ts';
import { showToast } from '../toaster.ts';
import { AddressList } from './address-list.tsx';
import { DeletedServerPage } from './deleted-server.tsx';
import { DeleteServer } from './delete-server.tsx';
import { ManageServer } from './manage-server.tsx';
import { OperationDetails } from './operation-details.tsx';
import { OrderAgain } from './order-again.tsx';
import { PowerActions } from './power-actions.tsx';
import { RenameServer } from './rename-server.tsx';
import { RoleRefusal } from './role-refusal.tsx';
import { ServerActivity } from './server-activity.tsx';
import { ServerNotices } from './server-notices.tsx';
import { ServerOverview } from './server-overview.tsx';

/** One server: what it is, what it is doing, and what can be done with it. */
export function ServerPage() {
  const { id = '' } = useParams();
  const server = useServer(id);
  const isLongGone = useLeaveWhenDeleted(server.data);
  if (isLongGone) return <DeletedServerPage id={id} />;
  if (server.isPending || server.data === null) {
    return (
      <div className="page">
        <PageTitle text={t`Server`} />
        <Spinner className="page-spinner" aria-label={t`Loading`} />
      </div>
    );
  }
  if (server.data) return <Details server={server.data} />;
  const code = problemCode(server.error);
  if (code === 'not_found' || code === 'invalid_input') return <DeletedServerPage id={id} />;
  return (
    <div className="page">
      <PageTitle text={t`Server`} />
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

/** Goes back to the list when the server is deleted while it is shown; true when it was gone before. */
function useLeaveWhenDeleted(server: Server | null | undefined): boolean {
  const navigate = useNavigate();
  const [name, setName] = useState<string | null>(null);
  if (server && server.name !== name) setName(server.name);
  const isDeletedNow = server === null && name !== null;
  useEffect(() => {
    if (!isDeletedNow) return;
    showToast({ message: t`${name} was deleted.`, intent: 'success' });
    void navigate('/', { replace: true });
  }, [isDeletedNow, name, navigate]);
  return server === null && name === null;
}

function Details({ server }: { server: Server }) {
  return (
    <div className="page">
      <PageTitle text={server.name} />
      <Link to="/" className="back-link">
        <Trans>
          <ChevronLeft size={14} /> Servers
        </Trans>
      </Link>
      <div className="server-head">
        <div className="server-head-name">
          <h1>{server.name}</h1>
          <RenameServer server={server} />
          <StatusLabel status={server.status} observedAt={server.statusObservedAt} />
        </div>
        <AddressList server={server} />
      </div>
      <ServerNotices server={server} />
      <RoleRefusal server={server} />
      <PowerActions server={server} />
      <LatestOperation server={server} />
      {isOver(server) && <DeleteServer server={server} />}
      <ServerTabs server={server} />
    </div>
  );
}

/** Nothing can be done with it but to order it again or to delete it. */
const isOver = ({ status }: Server): boolean => status === 'failed' || status === 'cancelled';

const FRESH_FAILURE_MS = 600_000;

/** What is under way, or what failed last and still matters, above everything else. */
function LatestOperation({ server }: { server: Server }) {
  const operations = useOperations(server.id);
  const latest = operations.data?.pages[0]?.items[0];
  const now = useNow(60_000);
  if (!latest) return null;
  const hasJustFailed =
    latest.status === 'failed' && now - Date.parse(latest.finishedAt ?? latest.createdAt) < FRESH_FAILURE_MS;
  if (!isLiveOperation(latest) && !hasJustFailed && !isOver(server)) return null;
  return (
    <section className="panel latest-operation" aria-label={t`Latest operation`}>
      <span className="visually-hidden" role="status">
        {announce(latest)}
      </span>
      <OperationDetails operation={latest} />
      <OrderAgain server={server} operation={latest} />
    </section>
  );
}

/** What a screen reader says as the operation moves on; the ticking times stay silent. */
function announce(operation: Operation): string {
  const step = operation.steps.find(({ state }) => state === 'running');
  return `${operationName(operation.type)}: ${step ? stepTitle(step.title) : OPERATION_STATUS_WORDS[operation.status]}`;
}

function ServerTabs({ server }: { server: Server }) {
  const [params, setParams] = useSearchParams();
  const tab = params.get('tab') === 'activity' ? 'activity' : 'overview';
  return (
    <Tabs
      id="server-tabs"
      className="server-tabs"
      selectedTabId={tab}
      renderActiveTabPanelOnly
      onChange={(next) => setParams(next === 'activity' ? { tab: 'activity' } : {}, { replace: true })}
    >
      <Tab
        id="overview"
        title={t`Overview`}
        panel={
          <>
            <ServerOverview server={server} />
            <ManageServer server={server} />
            {!isOver(server) && <DeleteServer server={server} />}
          </>
        }
      />
      <Tab id="activity" title={t`Activity`} panel={<ServerActivity serverId={server.id} />} />
    </Tabs>
  );
}
