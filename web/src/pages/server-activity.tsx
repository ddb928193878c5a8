import { Button, Spinner } from '@blueprintjs/core';
import { ErrorState } from '../components/error-state.tsx';
import { useOperations } from '../hooks/use-operations.ts';
import { OperationDetails } from './operation-details.tsx';

/** Everything that was done to the server, newest first. */
export function ServerActivity({ serverId }: { serverId: string }) {
  const operations = useOperations(serverId);
  if (operations.isPending) return <Spinner className="page-spinner" aria-label="Loading" />;
  if (operations.isError && !operations.data) {
    return (
      <ErrorState
        title="The activity could not be read"
        error={operations.error}
        onRetry={() => void operations.refetch()}
      />
    );
  }
  const items = operations.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <p className="muted">Nothing has been done to this server yet.</p>;
  return (
    <>
      <ol className="activity" aria-label="Operations">
        {items.map((operation) => (
          <li key={operation.id} className="panel">
            <OperationDetails operation={operation} isCollapsible />
          </li>
        ))}
      </ol>
      {operations.hasNextPage && (
        <div className="load-more">
          <Button
            text="Load more"
            loading={operations.isFetchingNextPage}
            onClick={() => void operations.fetchNextPage()}
          />
        </div>
      )}
    </>
  );
}
