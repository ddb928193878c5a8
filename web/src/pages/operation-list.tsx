import { Spinner } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactElement, ReactNode } from 'react';
import type { Operation } from '../../../contract/operations.ts';
import type { OperationList as Page } from '../../../contract/servers.ts';
import { ErrorState } from '../components/error-state.tsx';
import { LoadMore } from '../components/load-more.tsx';
import { OperationDetails } from './operation-details.tsx';

interface OperationListProps {
  operations: UseInfiniteQueryResult<InfiniteData<Page>>;
  /** What is said when they could not be read, and when there are none. */
  failed: string;
  empty: ReactElement;
  /** Above each of them. */
  head?: (operation: Operation) => ReactNode;
}

/** Operations with their steps, page by page. */
export function OperationList({ operations, failed, empty, head }: OperationListProps) {
  if (operations.isPending) return <Spinner className="page-spinner" aria-label={t`Loading`} />;
  if (operations.isError && !operations.data)
    return <ErrorState title={failed} error={operations.error} onRetry={() => void operations.refetch()} />;
  const items = operations.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return empty;
  return (
    <>
      <ol className="activity" aria-label={t`Operations`}>
        {items.map((operation) => (
          <li key={operation.id} className="panel">
            {head?.(operation)}
            <OperationDetails operation={operation} isCollapsible />
          </li>
        ))}
      </ol>
      <LoadMore {...operations} />
    </>
  );
}
