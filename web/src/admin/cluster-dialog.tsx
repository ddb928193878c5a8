import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Callout, FormGroup, HTMLSelect, Switch, TextArea } from '@blueprintjs/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';
import type {
  Cluster,
  ConnectionReport,
  CreateCluster,
  TestCluster,
  UpdateCluster,
} from '../../../contract/clusters.ts';
import { json } from '../api.ts';
import { PasswordField } from '../components/password-field.tsx';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { Findings } from './connection-test.tsx';
import { TextField, wholeNumber } from './text-field.tsx';
import { useAdminChange } from './use-admin.ts';

type Trust = 'system' | 'fingerprint' | 'ca';

interface Reach {
  endpoints: string;
  tokenId: string;
  secret: string;
  trust: Trust;
  fingerprint: string;
  ca: string;
}

const reachOf = (cluster: Cluster | null): Reach => ({
  endpoints: cluster?.endpoints.join('\n') ?? '',
  tokenId: cluster?.tokenId ?? '',
  secret: '',
  trust: cluster?.tlsFingerprint ? 'fingerprint' : cluster?.hasTlsCa ? 'ca' : 'system',
  fingerprint: cluster?.tlsFingerprint ?? '',
  ca: '',
});

/** What the API is told; null while something is missing. */
function connectionFrom({ endpoints, tokenId, secret, trust, fingerprint, ca }: Reach): TestCluster | null {
  const urls = endpoints.split(/[\s,]+/).filter(Boolean);
  if (urls.length === 0 || !tokenId.trim() || !secret) return null;
  if ((trust === 'fingerprint' && !fingerprint.trim()) || (trust === 'ca' && !ca.trim())) return null;
  return {
    endpoints: urls,
    tokenId: tokenId.trim(),
    tokenSecret: secret,
    ...(trust === 'fingerprint' ? { tlsFingerprint: fingerprint.trim() } : {}),
    ...(trust === 'ca' ? { tlsCa: ca.trim() } : {}),
  };
}

/** The test of what was typed; what is typed afterwards has not been tested. */
function useConnectionTest(connection: TestCluster | null) {
  const test = useMutation({
    mutationFn: (body: TestCluster) =>
      json<ConnectionReport>('/admin/clusters/test', { method: 'POST', body }),
  });
  const isOfThis = JSON.stringify(test.variables) === JSON.stringify(connection);
  return { test, report: isOfThis ? test.data : undefined };
}

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
        placeholder="none, or local:iso/rescue.iso"
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

interface ReachFieldsProps {
  reach: Reach;
  report: ConnectionReport | undefined;
  onChange: (reach: Reach) => void;
}

function ReachFields({ reach, report, onChange }: ReachFieldsProps) {
  const id = useId();
  const found = useRef<HTMLDivElement>(null);
  // It comes below what is seen of a long form.
  useEffect(() => {
    if (report) found.current?.scrollIntoView({ block: 'nearest' });
  }, [report]);
  const set = <Key extends keyof Reach>(key: Key) => {
    return (value: Reach[Key]) => onChange({ ...reach, [key]: value });
  };
  return (
    <>
      <FormGroup
        label={t`Addresses`}
        labelFor={`${id}-endpoints`}
        helperText={
          <span id={`${id}-endpoints-help`}>
            <Trans>One a line: several are ways to the same cluster.</Trans>
          </span>
        }
      >
        <TextArea
          id={`${id}-endpoints`}
          fill
          rows={2}
          spellCheck={false}
          placeholder="https://pve1.example.net:8006"
          aria-describedby={`${id}-endpoints-help`}
          value={reach.endpoints}
          onChange={(event) => set('endpoints')(event.currentTarget.value)}
        />
      </FormGroup>
      <TextField
        label={t`Token id`}
        placeholder="berth@pve!berth"
        value={reach.tokenId}
        onChange={set('tokenId')}
      />
      <PasswordField
        id={`${id}-secret`}
        label={t`Token secret`}
        help={t`Kept sealed, and never shown again.`}
        isNew
        wrong={null}
        value={reach.secret}
        onChange={set('secret')}
      />
      <FormGroup label={t`Certificate`} labelFor={`${id}-trust`}>
        <HTMLSelect
          id={`${id}-trust`}
          value={reach.trust}
          onChange={(event) => set('trust')(event.currentTarget.value as Trust)}
        >
          <option value="system">
            <Trans>of an authority that the system trusts</Trans>
          </option>
          <option value="fingerprint">
            <Trans>this one only (fingerprint)</Trans>
          </option>
          <option value="ca">
            <Trans>of the cluster&apos;s own authority (CA)</Trans>
          </option>
        </HTMLSelect>
      </FormGroup>
      {reach.trust === 'fingerprint' && (
        <TextField
          label={t`SHA-256 fingerprint`}
          placeholder="AB:CD:…"
          value={reach.fingerprint}
          onChange={set('fingerprint')}
        />
      )}
      {reach.trust === 'ca' && (
        <FormGroup
          label={t`CA in PEM`}
          labelFor={`${id}-ca`}
          helperText={
            <span id={`${id}-ca-help`}>
              <Trans>
                <code>/etc/pve/pve-root-ca.pem</code> of any node.
              </Trans>
            </span>
          }
        >
          <TextArea
            id={`${id}-ca`}
            fill
            rows={4}
            spellCheck={false}
            placeholder="-----BEGIN CERTIFICATE-----"
            aria-describedby={`${id}-ca-help`}
            value={reach.ca}
            onChange={(event) => set('ca')(event.currentTarget.value)}
          />
        </FormGroup>
      )}
      <div role="status" ref={found}>
        {report && (
          <>
            <Findings report={report} />
            {!report.ok && (
              <SeenCertificates
                report={report}
                pinned={reach.trust === 'fingerprint' ? reach.fingerprint : null}
                onTrust={(fingerprint) => onChange({ ...reach, trust: 'fingerprint', fingerprint })}
              />
            )}
          </>
        )}
      </div>
    </>
  );
}

interface SeenCertificatesProps {
  report: ConnectionReport;
  pinned: string | null;
  onTrust: (fingerprint: string) => void;
}

/** Whoever answers has shown a certificate that nobody vouches for: a person may compare it with the node's. */
function SeenCertificates({ report: { findings }, pinned, onTrust }: SeenCertificatesProps) {
  const seen = [...new Set(findings.flatMap(({ fingerprint }) => fingerprint ?? []))];
  const [fingerprint] = seen;
  if (fingerprint === undefined || fingerprint === pinned) return null;
  if (seen.length > 1)
    return (
      <Callout compact>
        <p className="callout-text">
          <Trans>
            Every address shows a certificate of its own, so a single one cannot be pinned: give the
            cluster&apos;s CA.
          </Trans>
        </p>
      </Callout>
    );
  return (
    <Callout compact>
      <p className="callout-title">
        <Trans>The certificate it shows has this fingerprint</Trans>
      </p>
      <p className="callout-text">
        <code className="fingerprint">{fingerprint}</code>
      </p>
      <p className="callout-text">
        <Trans>
          Compare it with the one under <em>System → Certificates</em> of the node, or of{' '}
          <code>pvenode cert info</code>. If it is another one, somebody stands in between. The token was not
          sent.
        </Trans>
      </p>
      <Button size="small" text={t`It is the same: trust it`} onClick={() => onTrust(fingerprint)} />
    </Callout>
  );
}
