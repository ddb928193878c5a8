import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Callout, FormGroup } from '@blueprintjs/core';
import { useEffect, useId, useRef } from 'react';
import type { ConnectionReport } from '../../../contract/clusters.ts';
import { PasswordField } from '../components/password-field.tsx';
import { Select } from '../components/select.tsx';
import { TextField } from '../components/text-field.tsx';
import type { Fields } from '../hooks/use-fields.ts';
import type { Reach, ReachField, Trust } from './cluster-reach.ts';
import { Findings } from './connection-test.tsx';

interface ReachFieldsProps {
  reach: Reach;
  wrong: Fields<ReachField>['wrong'];
  report: ConnectionReport | undefined;
  onChange: (reach: Reach) => void;
}

/** How a cluster is reached, and what the test of that has found. */
export function ReachFields({ reach, wrong, report, onChange }: ReachFieldsProps) {
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
      <TextField
        label={t`Addresses`}
        help={t`One a line: several are ways to the same cluster.`}
        rows={2}
        placeholder="https://pve1.example.net:8006"
        wrong={wrong.endpoints}
        value={reach.endpoints}
        onChange={set('endpoints')}
      />
      <TextField
        label={t`Token id`}
        placeholder="berth@pve!berth"
        wrong={wrong.tokenId}
        value={reach.tokenId}
        onChange={set('tokenId')}
      />
      <PasswordField
        id={`${id}-secret`}
        label={t`Token secret`}
        help={t`Kept sealed, and never shown again.`}
        isNew
        wrong={wrong.tokenSecret}
        value={reach.secret}
        onChange={set('secret')}
      />
      <FormGroup label={t`Certificate`} labelFor={`${id}-trust`}>
        <Select
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
        </Select>
      </FormGroup>
      {reach.trust === 'fingerprint' && (
        <TextField
          label={t`SHA-256 fingerprint`}
          placeholder="AB:CD:…"
          wrong={wrong.tlsFingerprint}
          value={reach.fingerprint}
          onChange={set('fingerprint')}
        />
      )}
      {reach.trust === 'ca' && (
        <TextField
          label={t`CA in PEM`}
          help={
            <Trans>
              <code>/etc/pve/pve-root-ca.pem</code> of any node.
            </Trans>
          }
          rows={4}
          placeholder="-----BEGIN CERTIFICATE-----"
          wrong={wrong.tlsCa}
          value={reach.ca}
          onChange={set('ca')}
        />
      )}
      <div role="status" ref={found}>
        {report && (
          <>
            <Findings report={report} isCompared={!report.ok} />
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
