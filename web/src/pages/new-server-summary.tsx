import { Button } from '@blueprintjs/core';
import type { Plan, Template } from '../../../contract/catalog.ts';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { formatDisk, formatMemory } from '../format-size.ts';
import type { NewServerDraft } from './new-server-form.ts';

interface NewServerSummaryProps {
  draft: NewServerDraft;
  template: Template | undefined;
  plan: Plan | undefined;
  isBusy: boolean;
  /** A refusal that belongs to no field. */
  error: Error | null;
  hasFieldErrors: boolean;
}

/** What is about to be ordered; stays in sight while the form scrolls. */
export function NewServerSummary({
  draft,
  template,
  plan,
  isBusy,
  error,
  hasFieldErrors,
}: NewServerSummaryProps) {
  const keyCount = draft.sshKeys.split('\n').filter((line) => line.trim()).length;
  return (
    <aside className="panel summary" aria-label="Summary">
      <h2>Summary</h2>
      <dl>
        <Line name="Name" value={draft.name.trim() || '–'} />
        <Line name="Template" value={template?.name ?? '–'} />
        <Line name="Plan" value={plan?.name ?? 'Choose one'} />
        {plan && (
          <Line
            name="Size"
            value={`${plan.vcpu} vCPU, ${formatMemory(plan.memoryMib)}, ${formatDisk(plan.diskGib)}`}
          />
        )}
        <Line name="Access" value={describeAccess(keyCount, draft.password !== '')} />
      </dl>
      {error && (
        <ProblemCallout
          error={error}
          retryHint="It is not known whether the order arrived. Trying again is safe: it makes one server."
        />
      )}
      {hasFieldErrors && (
        <p className="summary-error" role="alert">
          Something needs your attention: see the marked fields.
        </p>
      )}
      <Button type="submit" intent="primary" size="large" fill text="Create server" loading={isBusy} />
    </aside>
  );
}

function Line({ name, value }: { name: string; value: string }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function describeAccess(keyCount: number, hasPassword: boolean): string {
  const keys = keyCount === 0 ? [] : [`${keyCount} SSH key${keyCount === 1 ? '' : 's'}`];
  return [...keys, ...(hasPassword ? ['password'] : [])].join(', ') || 'none';
}
