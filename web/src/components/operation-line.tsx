import { Tag } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import type { OperationSummary } from '../../../contract/operations.ts';
import { operationOngoing, stepTitle } from '../contract-words.ts';
import { PercentBar } from './percent-bar.tsx';

/** A live operation in one line: what it is doing and how far it is. */
export function OperationLine({ operation }: { operation: OperationSummary }) {
  const ongoing = operationOngoing(operation.type);
  const doing = describe(operation, ongoing);
  if (operation.status === 'needs_attention') {
    return (
      <span className="operation-line">
        <Tag minimal intent="warning" className="attention" title={doing}>
          {doing}
        </Tag>
      </span>
    );
  }
  return (
    <span className="operation-line">
      <span className="operation-line-text">
        <span className="operation-line-step" title={doing}>
          {doing}
        </span>
        {operation.percent !== null && <span className="numeric">{Math.round(operation.percent)} %</span>}
      </span>
      <PercentBar percent={operation.percent} label={`${ongoing}: ${doing}`} />
    </span>
  );
}

function describe(operation: OperationSummary, ongoing: string): string {
  if (operation.status === 'needs_attention') return t`${ongoing}: needs attention`;
  if (operation.cancelRequested) return t`Cancelling`;
  if (operation.status === 'pending') return t`${ongoing}: waiting to start`;
  return operation.stepTitle === null ? ongoing : stepTitle(operation.stepTitle);
}
