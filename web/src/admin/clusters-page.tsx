import { Spinner } from '@blueprintjs/core';
import { Cloud } from '@blueprintjs/icons';
import type { Cluster } from '../../../contract/clusters.ts';
import type { Node } from '../../../contract/nodes.ts';
import { ErrorState } from '../components/error-state.tsx';
import { NoticeState } from '../components/notice-state.tsx';
import { AdminPage } from './admin-page.tsx';
import { ConnectionTest } from './connection-test.tsx';
import { DataTable } from './data-table.tsx';
import { NODE_COLUMNS } from './node-columns.tsx';
import { type Rows, useRows } from './use-admin.ts';

/** Clusters with their nodes: whether they are there, and what they have left. */
export function ClustersPage() {
  const clusters = useRows<Cluster>('/admin/clusters');
  const nodes = useRows<Node>('/admin/nodes');
  return (
    <AdminPage title="Clusters">
      {clusters.query.isPending && <Spinner className="page-spinner" aria-label="Loading" />}
      {clusters.query.isError && clusters.items.length === 0 && (
        <ErrorState
          title="The clusters could not be read"
          error={clusters.query.error as Error}
          onRetry={() => void clusters.query.refetch()}
        />
      )}
      {clusters.query.isSuccess && clusters.items.length === 0 && (
        <NoticeState
          level={2}
          icon={<Cloud size={40} />}
          title="No clusters yet"
          description="npm run cluster:add adds one; so does POST /admin/clusters."
        />
      )}
      <div className="cluster-list">
        {clusters.items.map((cluster) => (
          <ClusterPanel key={cluster.id} cluster={cluster} nodes={nodes} />
        ))}
      </div>
    </AdminPage>
  );
}

function ClusterPanel({ cluster, nodes }: { cluster: Cluster; nodes: Rows<Node> }) {
  const own = { ...nodes, items: nodes.items.filter(({ clusterId }) => clusterId === cluster.id) };
  const { name, location, endpoints, tokenId, rescueIso, copiesPerStorage, startsPerNode } = cluster;
  return (
    <section className="panel" aria-label={name}>
      <ConnectionTest cluster={cluster} />
      <p className="second-line">
        {[location, endpoints.join(', '), tokenId].join(' · ')}
        <br />
        {`At once: ${copiesPerStorage} copies per storage, ${startsPerNode} starts per node · rescue system: ${rescueIso ?? 'none'}`}
      </p>
      <DataTable
        label={`Nodes of ${name}`}
        rows={own}
        columns={NODE_COLUMNS}
        empty={<p className="muted">No worker has read its nodes yet.</p>}
      />
    </section>
  );
}
