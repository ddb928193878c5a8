import { Classes, HTMLTable } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import type { ReactElement, ReactNode } from 'react';
import { ErrorState } from '../components/error-state.tsx';
import { LoadMore } from '../components/load-more.tsx';
import { useMediaQuery } from '../hooks/use-media-query.ts';
import type { Rows } from './use-admin.ts';

export interface Column<T> {
  title: string;
  cell: (row: T) => ReactNode;
  /** Digits of the same width, at the right. */
  isNumber?: boolean;
  /** Says what the row does rather than what it is, so it has no heading on a card. */
  isActions?: boolean;
}

interface DataTableProps<T> {
  label: string;
  rows: Rows<T>;
  columns: Column<T>[];
  /** What is said instead of an empty table. */
  empty: ReactElement;
}

/** Rows of the API: a dense table, or cards on narrow screens; says what is under way, went wrong or is not there. */
export function DataTable<T extends { id: string }>({ label, rows, columns, empty }: DataTableProps<T>) {
  const { items, query } = rows;
  if (query.isError && items.length === 0)
    return (
      <ErrorState
        title={t`${label} could not be read`}
        error={query.error as Error}
        onRetry={() => void query.refetch()}
      />
    );
  if (query.isSuccess && items.length === 0) return empty;
  return (
    <>
      <RowList
        label={label}
        items={items}
        columns={columns}
        isLoading={query.isPending}
        isStale={query.isPlaceholderData}
      />
      <LoadMore {...query} />
    </>
  );
}

interface ListProps<T> {
  label: string;
  items: T[];
  columns: Column<T>[];
  isLoading: boolean;
  isStale: boolean;
}

type RowListProps<T> = Omit<ListProps<T>, 'isLoading' | 'isStale'> & Partial<ListProps<T>>;

/** A dense table, or cards on narrow screens. */
export function RowList<T extends { id: string }>({
  isLoading = false,
  isStale = false,
  ...rows
}: RowListProps<T>) {
  const List = useMediaQuery('(max-width: 760px)') ? Cards : Table;
  return <List {...rows} isLoading={isLoading} isStale={isStale} />;
}

function Table<T extends { id: string }>({ label, items, columns, isLoading, isStale }: ListProps<T>) {
  return (
    <HTMLTable
      compact
      className={isStale ? 'admin-table is-stale' : 'admin-table'}
      aria-label={label}
      aria-busy={isLoading || isStale}
    >
      <thead>
        <tr>
          {columns.map(({ title, isNumber, isActions }) => (
            <th key={title} className={isNumber ? 'number' : isActions ? 'actions' : undefined}>
              {isActions ? <span className="visually-hidden">{title}</span> : title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {isLoading &&
          [0, 1, 2, 3].map((row) => (
            <tr key={row} aria-hidden="true">
              {columns.map(({ title }) => (
                <td key={title}>
                  <span className={Classes.SKELETON}>placeholder</span>
                </td>
              ))}
            </tr>
          ))}
        {items.map((item) => (
          <tr key={item.id}>
            {columns.map(({ title, cell, isNumber, isActions }) => (
              <td key={title} className={isNumber ? 'number' : isActions ? 'actions' : undefined}>
                {cell(item)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </HTMLTable>
  );
}

function Cards<T extends { id: string }>({ label, items, columns, isLoading, isStale }: ListProps<T>) {
  const [first, ...rest] = columns;
  const facts = rest.filter(({ isActions }) => !isActions);
  const actions = rest.filter(({ isActions }) => isActions);
  return (
    <ul
      className={isStale ? 'server-cards is-stale' : 'server-cards'}
      aria-label={label}
      aria-busy={isLoading || isStale}
    >
      {isLoading &&
        [0, 1, 2].map((row) => (
          <li key={row} aria-hidden="true" className={`server-card ${Classes.SKELETON}`} />
        ))}
      {items.map((item) => (
        <li key={item.id} className="server-card">
          {first?.cell(item)}
          <dl className="admin-card-facts">
            {facts.map(({ title, cell }) => (
              <div key={title} className="fact">
                <dt>{title}</dt>
                <dd>{cell(item)}</dd>
              </div>
            ))}
          </dl>
          {actions.map(({ title, cell }) => (
            <div key={title} className="row-actions">
              {cell(item)}
            </div>
          ))}
        </li>
      ))}
    </ul>
  );
}
