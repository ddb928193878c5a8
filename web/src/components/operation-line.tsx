import { Tag } from '@blueprintjs/core';
import type { OperationSummary } from '../../../contract/operations.ts';
import { operationOngoing } from '../contract-words.ts';
import { presentStep } from '../server-words.ts';
import { PercentBar } from './percent-bar.tsx';

/** A live operation in one line: what it is doing and how far it is. */
export function OperationLine({ operation }: { operation: OperationSummary }) {
  const ongoing = operationOngoing(operation.type);
  const doing = presentStep(operation);
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
