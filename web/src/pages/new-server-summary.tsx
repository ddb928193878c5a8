import { Button } from '@blueprintjs/core';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import type { Plan, Template } from '../../../contract/catalog.ts';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { formatDisk, formatMemory } from '../format-size.ts';
import { PartlyOrdered } from '../hooks/use-create-servers.ts';
import type { CreateServer } from '../../../contract/servers.ts';
import { keptKeyIds, type NewServerDraft } from './new-server-form.ts';
import { OrderAsCurl } from './order-as-curl.tsx';

interface NewServerSummaryProps {
  draft: NewServerDraft;
  /** Whose it will be, where there is a choice. */
  accountName: string | undefined;
  template: Template | undefined;
  plan: Plan | undefined;
  /** The first of them, once the form is complete. */
  order: CreateServer | undefined;
  isBusy: boolean;
  /** A refusal that belongs to no field. */
  error: Error | null;
  /** What is wrong with fields, which may be out of sight. */
  fieldErrors: string[];
}

/** What is about to be ordered; stays in sight while the form scrolls. */
export function NewServerSummary({
  draft,
  accountName,
  template,
  plan,
  order,
  isBusy,
  error,
  fieldErrors,
}: NewServerSummaryProps) {
  const keyCount = draft.sshKeys.split('\n').filter((line) => line.trim()).length + keptKeyIds(draft).length;
  return (
    <aside className="panel summary" aria-label={t`Summary`}>
      <h2>
        <Trans>Summary</Trans>
      </h2>
      <dl>
        <Line name={t`Name`} value={draft.name.trim() || '–'} />
        {Number(draft.count) > 1 && <Line name={t`How many`} value={draft.count} />}
        {draft.location && <Line name={t`Location`} value={draft.location} />}
        {accountName && <Line name={t`Account`} value={<span className="sensitive">{accountName}</span>} />}
        <Line name={t`Template`} value={template?.name ?? '–'} />
        <Line name={t`Plan`} value={plan?.name ?? t`Choose one`} />
        {plan && (
          <Line
            name={t`Size`}
            value={`${plan.vcpu} vCPU, ${formatMemory(plan.memoryMib)}, ${formatDisk(plan.diskGib)}`}
          />
        )}
        <Line name={t`Access`} value={describeAccess(keyCount, draft.password !== '')} />
      </dl>
      {error instanceof PartlyOrdered && (
        <p className="summary-error" role="alert">
          <Trans>
            {error.message}: {error.accepted.map(({ server }) => server.name).join(', ')}. Trying again orders
            the rest.
          </Trans>
        </p>
      )}
      {error && (
        <ProblemCallout
          error={error instanceof PartlyOrdered ? error.reason : error}
          retryHint={t`It is not known whether the order arrived. Trying again is safe: it makes one server.`}
        />
      )}
      {fieldErrors.length > 0 && (
        <p className="summary-error" role="alert">
          <Trans>Something needs your attention: {fieldErrors.join('; ')}</Trans>
        </p>
      )}
      <Button
        type="submit"
        intent="primary"
        size="large"
        fill
        text={submitText(draft.count)}
        loading={isBusy}
      />
      <OrderAsCurl order={order} />
    </aside>
  );
}

const submitText = (count: string): string =>
  Number(count) > 1 ? t`Create ${Number(count)} servers` : t`Create server`;

function Line({ name, value }: { name: string; value: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function describeAccess(keyCount: number, hasPassword: boolean): string {
  const keys = keyCount === 0 ? [] : [plural(keyCount, { one: '# SSH key', other: '# SSH keys' })];
  return [...keys, ...(hasPassword ? [t`password`] : [])].join(', ') || t`none: nobody can log in`;
}
