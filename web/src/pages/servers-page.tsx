import { Button, Classes } from '@blueprintjs/core';
import { CloudServer, Cross, Lock, Plus, Search } from '@blueprintjs/icons';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { lazy, useCallback, useEffect, useLayoutEffect, useMemo } from 'react';
import { Link, useLocation } from 'react-router';
import type { ServerFilter } from '../api.ts';
import { problemCode } from '../api-error.ts';
import { ErrorState } from '../components/error-state.tsx';
import { Late } from '../components/late.tsx';
import { NoticeState } from '../components/notice-state.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { endFirstLook } from '../first-look.ts';
import { useOrderingAccounts } from '../hooks/use-forbidden.ts';
import { useMediaQuery } from '../hooks/use-media-query.ts';
import { useSelection } from '../hooks/use-selection.ts';
import { useServerFilter } from '../hooks/use-server-filter.ts';
import { useServers } from '../hooks/use-servers.ts';
import { useUser } from '../hooks/use-user.ts';
import { ServerCards } from './server-cards.tsx';
import { ServerFilterBar } from './server-filter-bar.tsx';
import { ServerTable } from './server-table.tsx';

const BulkBar = lazy(async () => ({ default: (await import('./bulk-bar.tsx')).BulkBar }));

/** All servers of the caller. */
export function ServersPage() {
  const [filter, changeFilter] = useServerFilter();
  const servers = useServers(filter);
  const isNarrow = useMediaQuery('(max-width: 700px)');
  const items = useMemo(() => servers.data?.pages.flatMap((page) => page.items) ?? [], [servers.data]);
  const isFiltered = filter.search !== '' || filter.status !== '' || filter.label !== '';
  const isEmpty = servers.isSuccess && items.length === 0;
  const isForbidden = useIsForbidden(filter, servers.error);
  useAskedSearch();
  useLayoutEffect(() => {
    if (!servers.isPending) endFirstLook();
  }, [servers.isPending]);
  return (
    <div className="page">
      <PageTitle text={t`Servers`} />
      <div className="page-head">
        <h1>
          <Trans>Servers</Trans>
        </h1>
        <CreateLink text={t`Create server`} />
      </div>
      {isForbidden ? (
        <NotYours account={filter.account} onAll={() => changeFilter({ account: '' })} />
      ) : isEmpty && !isFiltered ? (
        <NoServers />
      ) : (
        <>
          <ServerFilterBar filter={filter} servers={items} isNarrow={isNarrow} onChange={changeFilter} />
          {servers.isError && !servers.data ? (
            <ErrorState
              title={t`Your servers could not be read`}
              error={servers.error}
              onRetry={() => void servers.refetch()}
            />
          ) : isEmpty ? (
            <NoMatch onClear={() => changeFilter({ search: '', status: '', label: '' })} />
          ) : (
            <ServerRows
              key={JSON.stringify({ ...filter, sort: '' })}
              {...{ servers, items, isNarrow, filter, changeFilter }}
            />
          )}
        </>
      )}
    </div>
  );
}

/** The shortcut for searching leads here from other pages. */
function useAskedSearch(): void {
  const { state } = useLocation() as { state: { focus?: string } | null };
  const isAsked = state?.focus === 'search';
  useEffect(() => {
    if (isAsked) document.getElementById('server-search')?.focus();
  }, [isAsked]);
}

/** Whether it is clear that there can be nothing for the one who looks. */
function useIsForbidden({ account }: ServerFilter, error: Error | null): boolean {
  const user = useUser();
  if (!user || user.role === 'admin') return false;
  if (problemCode(error) === 'forbidden') return true;
  if (account) return !user.accounts.some(({ id }) => id === account);
  return user.accounts.length === 0 && user.grants.length === 0;
}

interface ServerRowsProps {
  servers: ReturnType<typeof useServers>;
  items: NonNullable<ReturnType<typeof useServers>['data']>['pages'][number]['items'];
  isNarrow: boolean;
  filter: ServerFilter;
  changeFilter: (change: Partial<ServerFilter>) => void;
}

/** The rows with what can be done to several at once; they go on by themselves. */
function ServerRows({ servers, items, isNarrow, filter, changeFilter }: ServerRowsProps) {
  const selection = useSelection(items);
  const { fetchNextPage, hasNextPage, isFetchingNextPage, isFetchNextPageError, isPlaceholderData } = servers;
  const readOn = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const isAtRest = hasNextPage && !isFetchingNextPage && !isFetchNextPageError && !isPlaceholderData;
  const List = isNarrow ? ServerCards : ServerTable;
  return (
    <>
      <List
        servers={items}
        isLoading={servers.isPending}
        isStale={isPlaceholderData}
        sort={filter.sort}
        selection={selection}
        onSort={(sort) => changeFilter({ sort })}
        onLabel={useCallback((label: string) => changeFilter({ label }), [changeFilter])}
        onNearEnd={isAtRest ? readOn : null}
      />
      {isFetchNextPageError ? (
        <div className="list-end" role="alert">
          <Trans>
            The list could not be read on. <Button size="small" text={t`Try again`} onClick={readOn} />
          </Trans>
        </div>
      ) : (
        !servers.isPending && (
          <p className="list-end muted">
            {hasNextPage ? t`${items.length} servers read, more to come` : all(items.length)}
          </p>
        )
      )}
      <Late>
        <BulkBar selection={selection} />
      </Late>
    </>
  );
}

const all = (count: number): string =>
  plural(count, { one: '# server', other: `${count} servers, that is all` });

/** The way to the order form, for those who may order. */
function CreateLink({ text }: { text: string }) {
  const accounts = useOrderingAccounts();
  if (accounts?.length === 0) return null;
  return (
    <Link to="/servers/new" className={`${Classes.BUTTON} ${Classes.INTENT_PRIMARY}`}>
      <Plus /> <span className={Classes.BUTTON_TEXT}>{text}</span>
    </Link>
  );
}

function NoServers() {
  const mayOrder = useOrderingAccounts()?.length !== 0;
  return (
    <NoticeState
      level={2}
      icon={<CloudServer size={40} />}
      title={t`No servers yet`}
      description={
        mayOrder
          ? t`Choose a system and a size; it runs within a minute or so.`
          : t`Your role does not allow ordering servers. Once somebody else has, they are listed here.`
      }
      {...(mayOrder ? { action: <CreateLink text={t`Create your first server`} /> } : {})}
    />
  );
}

function NoMatch({ onClear }: { onClear: () => void }) {
  return (
    <NoticeState
      level={2}
      icon={<Search size={40} />}
      title={t`No server matches`}
      description={t`None of your servers has this name, address, status and label.`}
      action={<Button icon={<Cross />} text={t`Clear the filter`} onClick={onClear} />}
    />
  );
}

function NotYours({ account, onAll }: { account: string; onAll: () => void }) {
  return (
    <NoticeState
      level={2}
      icon={<Lock size={40} />}
      title={account ? t`You do not belong to this account` : t`You do not belong to an account yet`}
      description={t`Ask an owner of the account to invite you, or to share single servers with you.`}
      {...(account ? { action: <Button text={t`Show your servers`} onClick={onAll} /> } : {})}
    />
  );
}
