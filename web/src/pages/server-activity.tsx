import { Button, Spinner } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { AuditEntry } from '../../../contract/audit-log.ts';
import { describeDeed, describeDoer } from '../audit-words.ts';
import { ErrorState } from '../components/error-state.tsx';
import { LoadMore } from '../components/load-more.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { operationName } from '../contract-words.ts';
import { useOperations } from '../hooks/use-operations.ts';
import { useServerAudit } from '../hooks/use-server-audit.ts';
import { type TimelineItem, toTimeline } from '../server-timeline.ts';
import { OperationDetails } from './operation-details.tsx';

/** Everything that was done to the server, and by whom, newest first. */
export function ServerActivity({ serverId }: { serverId: string }) {
  const operations = useOperations(serverId);
  const audit = useServerAudit(serverId);
  const isEmpty = operations.data?.pages.every((page) => page.items.length === 0);
  if (operations.isPending || (isEmpty && audit.isPending))
    return <Spinner className="page-spinner" aria-label={t`Loading`} />;
  if (!operations.data) {
    return (
      <ErrorState
        title={t`The activity could not be read`}
        error={operations.error}
        onRetry={() => void operations.refetch()}
      />
    );
  }
  const isAuditMissing = audit.isError && (!audit.data || audit.isFetchNextPageError);
  const { items, lacks } = toTimeline(
    { items: operations.data.pages.flatMap((page) => page.items), hasMore: operations.hasNextPage },
    // What cannot be read holds nothing back.
    {
      items: audit.data?.pages.flatMap((page) => page.items) ?? [],
      hasMore: audit.hasNextPage && !isAuditMissing,
    },
  );
  const lacking = [...(lacks.operations ? [operations] : []), ...(lacks.entries ? [audit] : [])];
  return (
    <>
      {isAuditMissing && (
        <AuditFailure
          error={audit.error}
          isTrying={audit.isFetching}
          onRetry={() => void (audit.data ? audit.fetchNextPage() : audit.refetch())}
        />
      )}
      {items.length === 0 && audit.data && (
        <p className="muted">
          <Trans>Nothing has been done to this server yet.</Trans>
        </p>
      )}
      {items.length > 0 && (
        <ol className="activity" aria-label={t`Activity`}>
          {items.map((item) => (
            <Item key={'entry' in item ? item.entry.id : item.operation.id} item={item} />
          ))}
        </ol>
      )}
      <LoadMore
        hasNextPage={lacking.length > 0}
        isFetchingNextPage={lacking.some((query) => query.isFetchingNextPage)}
        fetchNextPage={async () => Promise.all(lacking.map(async (query) => query.fetchNextPage()))}
      />
    </>
  );
}

function Item({ item }: { item: TimelineItem }) {
  if ('entry' in item) {
    const { entry, operation } = item;
    return (
      <li className="activity-deed">
        {operation ? `${describeDeed(entry)}: ${operationName(operation.type)}` : describeDeed(entry)}
        <span className="muted">
          <TimeAgo iso={entry.at} />
        </span>
        <Doer entry={entry} />
      </li>
    );
  }
  const { operation, request } = item;
  return (
    <li className="panel">
      <OperationDetails operation={operation} isCollapsible by={request && <Doer entry={request} />} />
    </li>
  );
}

const Doer = ({ entry }: { entry: AuditEntry }) => (
  <span className="muted doer sensitive">{describeDoer(entry)}</span>
);

interface AuditFailureProps {
  error: Error;
  isTrying: boolean;
  onRetry: () => void;
}

function AuditFailure({ error, isTrying, onRetry }: AuditFailureProps) {
  return (
    <div className="audit-failure">
      <span role="alert">{t`Who did what could not be read: ${error.message}`}</span>
      <Button size="small" text={t`Try again`} loading={isTrying} onClick={onRetry} />
    </div>
  );
}
