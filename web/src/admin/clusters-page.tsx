import { Button, Classes, Spinner } from '@blueprintjs/core';
import { Cloud, Plus } from '@blueprintjs/icons';
import { useState } from 'react';
import { Link } from 'react-router';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { Cluster } from '../../../contract/clusters.ts';
import type { Node } from '../../../contract/nodes.ts';
import { ErrorState } from '../components/error-state.tsx';
import { NoticeState } from '../components/notice-state.tsx';
import { AdminPage } from './admin-page.tsx';
import { AddClusterDialog, EditClusterDialog } from './cluster-dialog.tsx';
import { ConnectionTest } from './connection-test.tsx';
import { DataTable } from './data-table.tsx';
import { NODE_COLUMNS } from './node-columns.tsx';
import { type Rows, useRows } from './use-admin.ts';

/** Clusters with their nodes: whether they are there, and what they have left. */
export function ClustersPage() {
  const clusters = useRows<Cluster>('/admin/clusters');
  const nodes = useRows<Node>('/admin/nodes');
  const [isAdding, setIsAdding] = useState(false);
  const [edited, setEdited] = useState<Cluster | null>(null);
  return (
    <AdminPage
      title={t`Clusters`}
      action={
        <Button intent="primary" icon={<Plus />} text={t`Add cluster`} onClick={() => setIsAdding(true)} />
      }
    >
      {clusters.query.isPending && <Spinner className="page-spinner" aria-label={t`Loading`} />}
      {clusters.query.isError && clusters.items.length === 0 && (
        <ErrorState
          title={t`The clusters could not be read`}
          error={clusters.query.error as Error}
          onRetry={() => void clusters.query.refetch()}
        />
      )}
      {clusters.query.isSuccess && clusters.items.length === 0 && (
        <NoticeState
          level={2}
          icon={<Cloud size={40} />}
          title={t`No clusters yet`}
          description={t`Berth needs a Proxmox VE cluster to put servers on. npm run proxmox:bootstrap makes the token it asks for.`}
        />
      )}
      <div className="cluster-list">
        {clusters.items.map((cluster) => (
          <ClusterPanel key={cluster.id} cluster={cluster} nodes={nodes} onEdit={() => setEdited(cluster)} />
        ))}
      </div>
      {isAdding && <AddClusterDialog onClose={() => setIsAdding(false)} />}
      {edited && <EditClusterDialog cluster={edited} onClose={() => setEdited(null)} />}
    </AdminPage>
  );
}

interface ClusterPanelProps {
  cluster: Cluster;
  nodes: Rows<Node>;
  onEdit: () => void;
}

function ClusterPanel({ cluster, nodes, onEdit }: ClusterPanelProps) {
  const own = { ...nodes, items: nodes.items.filter(({ clusterId }) => clusterId === cluster.id) };
  const { name, location, endpoints, tokenId, rescueIso, copiesPerStorage, startsPerNode } = cluster;
  return (
    <section className="panel" aria-label={name}>
      <ConnectionTest cluster={cluster}>
        <Button size="small" text={t`Edit`} aria-label={t`Edit ${name}`} onClick={onEdit} />
        <Link
          className={`${Classes.BUTTON} ${Classes.SMALL}`}
          to={`/admin/clusters/${cluster.id}/adopt`}
          aria-label={t`Adopt a VM of ${name}`}
        >
          <Trans>Adopt a VM</Trans>
        </Link>
      </ConnectionTest>
      <p className="second-line">
        {[location, endpoints.join(', '), tokenId].join(' · ')}
        <br />
        {t`At once: ${copiesPerStorage} copies per storage, ${startsPerNode} starts per node · rescue system: ${rescueIso ?? t`none`}`}
      </p>
      <DataTable
        label={t`Nodes of ${name}`}
        rows={own}
        columns={NODE_COLUMNS}
        empty={
          <p className="muted">
            <Trans>No worker has read its nodes yet.</Trans>
          </p>
        }
      />
    </section>
  );
}
