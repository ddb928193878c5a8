import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Switch } from '@blueprintjs/core';
import { useState } from 'react';
import type { Cluster, CreateCluster, UpdateCluster } from '../../../contract/clusters.ts';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { connectionFrom, reachOf, useConnectionTest } from './cluster-reach.ts';
import { ReachFields } from './reach-fields.tsx';
import { TextField, wholeNumber } from './text-field.tsx';
import { useAdminChange } from './use-admin.ts';

interface ClusterDialogProps {
  onClose: () => void;
}

/** Adds a cluster: first its connection is tested, then it is saved. */
export function AddClusterDialog({ onClose }: ClusterDialogProps) {
  const [name, setName] = useState('');
  const [location, setLocation] = useState('');
  const [reach, setReach] = useState(() => reachOf(null));
  const connection = connectionFrom(reach);
  const { test, report } = useConnectionTest(connection);
  const change = useAdminChange<CreateCluster>(
    { path: () => '/admin/clusters', body: (input) => input },
    { onDone: onClose, isRefusalShown: true },
  );
  const isTested = report?.ok === true;
  return (
    <ChangeDialog
      title={t`Add a cluster`}
      className="wide-dialog"
      keep={t`Cancel`}
      submit={isTested ? t`Add cluster` : t`Test connection`}
      isReady={connection !== null && (!isTested || (name.trim() !== '' && location.trim() !== ''))}
      change={{ isPending: test.isPending || change.isPending, error: change.error ?? test.error }}
      retryHint={t`Nothing was saved. Try again.`}
      onSubmit={() => {
        if (!connection) return;
        if (isTested) change.mutate({ ...connection, name: name.trim(), location: location.trim() });
        else test.mutate(connection);
      }}
      onClose={onClose}
    >
      <div className="form-grid">
        <TextField label={t`Name`} placeholder="fra1" value={name} onChange={setName} autoFocus />
        <TextField
          label={t`Location`}
          placeholder="Frankfurt"
          help={t`What customers see.`}
          value={location}
          onChange={setLocation}
        />
      </div>
      <ReachFields reach={reach} report={report} onChange={setReach} />
    </ChangeDialog>
  );
}

/** Changes a cluster; its connection is tested before another one is saved. */
export function EditClusterDialog({ cluster, onClose }: ClusterDialogProps & { cluster: Cluster }) {
  const [location, setLocation] = useState(cluster.location);
  const [copies, setCopies] = useState(String(cluster.copiesPerStorage));
  const [starts, setStarts] = useState(String(cluster.startsPerNode));
  const [rescueIso, setRescueIso] = useState(cluster.rescueIso ?? '');
  const [isReached, setIsReached] = useState(false);
  const [reach, setReach] = useState(() => reachOf(cluster));
  const connection = connectionFrom(reach);
  const { test, report } = useConnectionTest(connection);
  const change = useAdminChange<UpdateCluster>(
    { path: () => `/admin/clusters/${cluster.id}`, method: 'PATCH', body: (input) => input },
    { onDone: onClose, isRefusalShown: true },
  );
  const [copiesPerStorage, startsPerNode] = [wholeNumber(copies), wholeNumber(starts)];
  const body: UpdateCluster | null =
    location.trim() && copiesPerStorage && startsPerNode && (!isReached || connection)
      ? {
          location: location.trim(),
          copiesPerStorage,
          startsPerNode,
          rescueIso: rescueIso.trim() || null,
          ...(isReached && connection ? { connection } : {}),
        }
      : null;
  const mustTest = isReached && report?.ok !== true;
  return (
    <ChangeDialog
      title={t`Edit ${cluster.name}`}
      className="wide-dialog"
      keep={t`Cancel`}
      submit={mustTest ? t`Test connection` : t`Save cluster`}
      isReady={body !== null}
      change={{ isPending: test.isPending || change.isPending, error: change.error ?? test.error }}
      onSubmit={() => {
        if (mustTest && connection) test.mutate(connection);
        else if (body) change.mutate(body);
      }}
      onClose={onClose}
    >
      <TextField
        label={t`Location`}
        help={t`What customers see.`}
        value={location}
        onChange={setLocation}
        autoFocus
      />
      <div className="form-grid">
        <TextField label={t`Copies at once per storage`} isNumber value={copies} onChange={setCopies} />
        <TextField label={t`Starts at once per node`} isNumber value={starts} onChange={setStarts} />
      </div>
      <TextField
        label={t`Rescue system`}
        help={t`The volume servers boot it from.`}
        placeholder={t`none, or local:iso/rescue.iso`}
        value={rescueIso}
        onChange={setRescueIso}
      />
      <Switch
        label={t`Change how it is reached, or its token`}
        checked={isReached}
        onChange={() => setIsReached(!isReached)}
      />
      {isReached && (
        <>
          <p className="muted">
            <Trans>
              Workers take the new token within seconds. Tasks that are under way are followed with the former
              one: remove that on Proxmox VE once they are over. A cluster that the environment of the workers
              describes (PROXMOX_URL) becomes what that says when a worker starts.
            </Trans>
          </p>
          <ReachFields reach={reach} report={report} onChange={setReach} />
        </>
      )}
    </ChangeDialog>
  );
}
