import { Button, Tag } from '@blueprintjs/core';
import { ChevronDown, ChevronRight } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { type ReactNode, useId, useState } from 'react';
import type { Operation, OperationStatus } from '../../../contract/operations.ts';
import { TimeAgo } from '../components/time-ago.tsx';
import { formatDuration } from '../format-time.ts';
import { useNow } from '../hooks/use-now.ts';
import { isLiveOperation } from '../live-cache.ts';
import { operationName } from '../contract-words.ts';
import { OPERATION_STATUS_WORDS } from '../operation-words.ts';
import { CancelEffect, CancelOperation } from './cancel-operation.tsx';
import { DecideOperation } from './decide-operation.tsx';
import { OperationFailure } from './operation-failure.tsx';
import { StepList } from './step-list.tsx';

const INTENT: Record<OperationStatus, 'none' | 'primary' | 'warning' | 'success' | 'danger'> = {
  pending: 'primary',
  running: 'primary',
  needs_attention: 'warning',
  succeeded: 'success',
  failed: 'danger',
  cancelled: 'none',
};

/** An operation with its steps; a finished one can be folded away, and starts so unless it failed. */
export function OperationDetails({
  operation,
  isCollapsible = false,
  isFoldedAtFirst = false,
  by,
}: {
  operation: Operation;
  isCollapsible?: boolean;
  isFoldedAtFirst?: boolean;
  /** Who asked for it, where that is known. */
  by?: ReactNode;
}) {
  const isLive = isLiveOperation(operation);
  const [choice, setChoice] = useState<boolean | null>(null);
  const isOpen =
    !isCollapsible || (choice ?? (!isFoldedAtFirst && (isLive || operation.status === 'failed')));
  const id = useId();
  const name = operationName(operation.type);
  return (
    <div className="operation">
      <div className="operation-head">
        {isCollapsible && (
          <Button
            variant="minimal"
            size="small"
            icon={isOpen ? <ChevronDown /> : <ChevronRight />}
            aria-expanded={isOpen}
            aria-controls={id}
            aria-label={t`Steps of ${name}`}
            onClick={() => setChoice(!isOpen)}
          />
        )}
        <h2>{name}</h2>
        <Tag minimal intent={INTENT[operation.status]}>
          {operation.cancelRequested && isLive ? t`Cancelling` : OPERATION_STATUS_WORDS[operation.status]}
        </Tag>
        <span className="muted operation-when">
          <TimeAgo iso={operation.createdAt} />
          <Elapsed operation={operation} isLive={isLive} />
        </span>
        {by}
        {isLive && <CancelOperation operation={operation} />}
      </div>
      {isOpen && (
        <div id={id} className="operation-body">
          {operation.error && <OperationFailure operation={operation} error={operation.error} />}
          <DecideOperation operation={operation} />
          <StepList steps={operation.steps} label={t`Steps of ${name}`} />
          {isLive && <CancelEffect operation={operation} />}
        </div>
      )}
    </div>
  );
}

function Elapsed({ operation, isLive }: { operation: Operation; isLive: boolean }) {
  const now = useNow(isLive ? 1_000 : null);
  const since = Date.parse(operation.startedAt ?? operation.createdAt);
  const until = operation.finishedAt ? Date.parse(operation.finishedAt) : isLive ? now : null;
  if (until === null) return null;
  const time = formatDuration(until - since);
  return <span className="numeric">{` · ${isLive ? time : t`took ${time}`}`}</span>;
}
