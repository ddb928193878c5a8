import { Spinner, Switch } from '@blueprintjs/core';
import { ChevronLeft } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Link, useParams } from 'react-router';
import type { Node } from '../../../contract/nodes.ts';
import { ErrorState } from '../components/error-state.tsx';
import { Fact, Facts } from '../components/facts.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { NotFoundPage } from '../pages/not-found-page.tsx';
import { AdminPage } from './admin-page.tsx';
import { DrainNode } from './drain-node.tsx';
import { MemoryUse, NodeState, StorageUse } from './node-columns.tsx';
import { useAdminChange, useRows } from './use-admin.ts';

/** One node: what it has, its maintenance, and the servers on it. */
export function NodePage() {
  const { id = '' } = useParams();
  const { items, query } = useRows<Node>('/admin/nodes');
  const node = items.find((one) => one.id === id);
  if (query.isPending) return <Spinner className="page-spinner" aria-label={t`Loading`} />;
  if (query.isError && !node)
    return (
      <ErrorState
        title={t`This node could not be read`}
        error={query.error as Error}
        onRetry={() => void query.refetch()}
      />
    );
  if (!node) return <NotFoundPage />;
  return (
    <>
      <Link to="/admin/clusters" className="back-link">
        <Trans>
          <ChevronLeft size={14} /> Clusters
        </Trans>
      </Link>
      <AdminPage title={t`${node.name} of ${node.cluster}`} action={<NodeState node={node} />}>
        <div className="overview">
          <Maintenance node={node} />
          <Facts title={t`Capacity`}>
            <Fact name={t`Processors`}>{t`${node.cores}, ${node.givenVcpus} vCPU given`}</Fact>
            <Fact name={t`Memory`}>
              <MemoryUse node={node} />
            </Fact>
            <Fact name={t`Storages`}>
              <StorageUse node={node} />
            </Fact>
            <Fact name={t`Templates`}>{node.templates.join(', ') || t`none`}</Fact>
            <Fact name={t`Seen`}>
              <TimeAgo iso={node.observedAt} />
            </Fact>
          </Facts>
        </div>
        <DrainNode node={node} />
      </AdminPage>
    </>
  );
}

function Maintenance({ node: { id, name, acceptsServers } }: { node: Node }) {
  const change = useAdminChange<boolean>({
    path: () => `/admin/nodes/${id}`,
    method: 'PATCH',
    body: (accepts) => ({ acceptsServers: accepts }),
  });
  return (
    <section className="panel" aria-label={t`Maintenance`}>
      <h2>
        <Trans>Maintenance</Trans>
      </h2>
      <Switch
        label={t`${name} is in maintenance`}
        aria-describedby="maintenance-effect"
        checked={!acceptsServers}
        aria-busy={change.isPending}
        onChange={() => change.isPending || change.mutate(!acceptsServers)}
      />
      <p id="maintenance-effect" className="muted">
        <Trans>
          No server is put on it and none is moved to it. The servers on it run on: move them to other nodes
          before you switch it off.
        </Trans>
      </p>
    </section>
  );
}
