import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Callout } from '@blueprintjs/core';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Cluster, ConnectionReport } from '../../../contract/clusters.ts';
import { json } from '../api.ts';
import { findingWords } from '../contract-words.ts';
import { ProblemCallout } from '../components/problem-callout.tsx';

interface ConnectionTestProps {
  cluster: Cluster;
  /** Beside the button of the test. */
  children: ReactNode;
}

/** A cluster's name with the test of its connection, and what that finds, each with what to do about it. */
export function ConnectionTest({ cluster: { id, name }, children }: ConnectionTestProps) {
  const test = useMutation({
    mutationFn: () => json<ConnectionReport>(`/admin/clusters/${id}/test`, { method: 'POST' }),
  });
  return (
    <>
      <div className="panel-head">
        <h2>{name}</h2>
        <span className="row-actions">
          <Button
            size="small"
            text={t`Test connection`}
            aria-label={t`Test the connection to ${name}`}
            loading={test.isPending}
            onClick={() => test.mutate()}
          />
          {children}
        </span>
      </div>
      <div role="status">{test.data && <Findings report={test.data} />}</div>
      {test.error && <ProblemCallout error={test.error} />}
    </>
  );
}

interface FindingsProps {
  report: ConnectionReport;
  /** What to do about a certificate that was seen is said below. */
  isCompared?: boolean;
}

/** What a test found: the verdict, then each thing with its remedy. */
export function Findings({ report: { ok, version, findings }, isCompared = false }: FindingsProps) {
  const isShown = findings.some(({ fingerprint }) => fingerprint !== undefined);
  return (
    <div className="findings">
      <Callout compact intent={ok ? 'success' : 'danger'}>
        <p className="callout-title">
          {ok ? t`Berth can work with this cluster` : t`Berth cannot work with this cluster`}
        </p>
        <p className="callout-text">
          {version
            ? t`Proxmox VE ${version} answers.`
            : isShown
              ? t`It shows a certificate that is not trusted.`
              : t`Proxmox VE does not answer.`}
        </p>
      </Callout>
      {findings.map((finding) => {
        const { code, level, endpoint, path, fingerprint } = finding;
        const { message, remedy } = findingWords(finding);
        return (
          <Callout
            key={[code, endpoint, path, message].join(' ')}
            compact
            intent={level === 'error' ? 'danger' : 'warning'}
          >
            <p className="callout-title">{message}</p>
            {!(isCompared && fingerprint) && <p className="callout-text">{remedy}</p>}
            <p className="callout-small">
              <Trans>
                Code <code>{code}</code>
              </Trans>
              {endpoint && ` · ${endpoint}`}
            </p>
          </Callout>
        );
      })}
    </div>
  );
}
