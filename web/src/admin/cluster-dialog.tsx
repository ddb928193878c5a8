import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Switch } from '@blueprintjs/core';
import { useState } from 'react';
import type { Cluster, CreateCluster, UpdateCluster } from '../../../contract/clusters.ts';
import { ifEmpty, numberMistake, TextField } from '../components/text-field.tsx';
import { useFields } from '../hooks/use-fields.ts';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { connectionFrom, NO_MISTAKES, reachMistakes, reachOf, useConnectionTest } from './cluster-reach.ts';
import { ReachFields } from './reach-fields.tsx';
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
  const error = change.error ?? test.error;
  // A connection can be tested before it has a name.
  const fields = useFields(
    {
      name: isTested ? ifEmpty(name, t`Enter a name`) : null,
      location: isTested ? ifEmpty(location, t`Enter what customers see`) : null,
      ...reachMistakes(reach),
    },
    error,
  );
  const { wrong } = fields;
  return (
    <ChangeDialog
      title={t`Add a cluster`}
      className="wide-dialog"
      keep={t`Cancel`}
      submit={isTested ? t`Add cluster` : t`Test connection`}
      fields={fields}
      change={{ isPending: test.isPending || change.isPending, error }}
      retryHint={t`Nothing was saved. Try again.`}
      onSubmit={() => {
        if (isTested) change.mutate({ ...connection, name: name.trim(), location: location.trim() });
        else test.mutate(connection);
      }}
      onClose={onClose}
    >
      <div className="form-grid">
        <TextField
          label={t`Name`}
          placeholder="fra1"
          wrong={wrong.name}
          value={name}
          onChange={setName}
          autoFocus
        />
        <TextField
          label={t`Location`}
          placeholder="Frankfurt"
          help={t`What customers see.`}
          wrong={wrong.location}
          value={location}
          onChange={setLocation}
        />
      </div>
      <ReachFields reach={reach} wrong={wrong} report={report} onChange={setReach} />
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
  const mustTest = isReached && report?.ok !== true;
  const error = change.error ?? test.error;
  const fields = useFields(
    {
      location: ifEmpty(location, t`Enter what customers see`),
      copiesPerStorage: numberMistake(copies),
      startsPerNode: numberMistake(starts),
      rescueIso: null,
      ...(isReached ? reachMistakes(reach) : NO_MISTAKES),
    },
    error,
  );
  const { wrong } = fields;
  const save = () =>
    change.mutate({
      location: location.trim(),
      copiesPerStorage: Number(copies),
      startsPerNode: Number(starts),
      rescueIso: rescueIso.trim() || null,
      ...(isReached ? { connection } : {}),
    });
  return (
    <ChangeDialog
      title={t`Edit ${cluster.name}`}
      className="wide-dialog"
      keep={t`Cancel`}
      submit={mustTest ? t`Test connection` : t`Save cluster`}
      fields={fields}
      change={{ isPending: test.isPending || change.isPending, error }}
      onSubmit={() => (mustTest ? test.mutate(connection) : save())}
      onClose={onClose}
    >
      <TextField
        label={t`Location`}
        help={t`What customers see.`}
        wrong={wrong.location}
        value={location}
        onChange={setLocation}
        autoFocus
      />
      <div className="form-grid">
        <TextField
          label={t`Copies at once per storage`}
          isNumber
          wrong={wrong.copiesPerStorage}
          value={copies}
          onChange={setCopies}
        />
        <TextField
          label={t`Starts at once per node`}
          isNumber
          wrong={wrong.startsPerNode}
          value={starts}
          onChange={setStarts}
        />
      </div>
      <TextField
        label={t`Rescue system`}
        help={t`The volume servers boot it from.`}
        placeholder={t`none, or local:iso/rescue.iso`}
        wrong={wrong.rescueIso}
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
          <ReachFields reach={reach} wrong={wrong} report={report} onChange={setReach} />
        </>
      )}
    </ChangeDialog>
  );
}
