import { Button, Classes, HTMLSelect, InputGroup } from '@blueprintjs/core';
import { CloudServer, Cross, Plus, Search } from '@blueprintjs/icons';
import { useEffect, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { ServerFilter } from '../api.ts';
import { ErrorState } from '../components/error-state.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { STATUS_WORDS } from '../components/status-label.tsx';
import { useMediaQuery } from '../hooks/use-media-query.ts';
import { useServers } from '../hooks/use-servers.ts';
import { ServerCards } from './server-cards.tsx';
import { ServerTable } from './server-table.tsx';
import { NoticeState } from '../components/notice-state.tsx';

const TYPING_PAUSE_MS = 250;

/** The filter lives in the address, so that it survives a reload and can be sent to somebody. */
function useFilter(): [ServerFilter, (change: Partial<ServerFilter>) => void] {
  const [params, setParams] = useSearchParams();
  const filter = {
    search: params.get('search') ?? '',
    status: params.get('status') ?? '',
    sort: params.get('sort') ?? '',
  };
  const change = (changes: Partial<ServerFilter>): void => {
    setParams(
      (before) => {
        for (const [name, value] of Object.entries(changes)) {
          if (value) before.set(name, value);
          else before.delete(name);
        }
        return before;
      },
      { replace: true },
    );
  };
  return [filter, change];
}

/** All servers of the caller. */
export function ServersPage() {
  const [filter, changeFilter] = useFilter();
  const servers = useServers(filter);
  const isNarrow = useMediaQuery('(max-width: 700px)');
  const isFiltered = filter.search !== '' || filter.status !== '';
  const items = servers.data?.pages.flatMap((page) => page.items) ?? [];
  const isEmpty = servers.isSuccess && items.length === 0;
  const List = isNarrow ? ServerCards : ServerTable;

  return (
    <div className="page">
      <PageTitle text="Servers" />
      <div className="page-head">
        <h1>Servers</h1>
        <Link to="/servers/new" className={`${Classes.BUTTON} ${Classes.INTENT_PRIMARY}`}>
          <Plus /> <span className={Classes.BUTTON_TEXT}>Create server</span>
        </Link>
      </div>
      {isEmpty && !isFiltered ? (
        <NoServers />
      ) : (
        <>
          <FilterBar filter={filter} onChange={changeFilter} />
          {servers.isError && !servers.data ? (
            <ErrorState
              title="Your servers could not be read"
              error={servers.error}
              onRetry={() => void servers.refetch()}
            />
          ) : isEmpty ? (
            <NoMatch onClear={() => changeFilter({ search: '', status: '' })} />
          ) : (
            <List
              servers={items}
              isLoading={servers.isPending}
              isStale={servers.isPlaceholderData}
              sort={filter.sort}
              onSort={(sort) => changeFilter({ sort })}
            />
          )}
        </>
      )}
      {servers.hasNextPage && (
        <div className="load-more">
          <Button
            text="Load more"
            loading={servers.isFetchingNextPage}
            onClick={() => void servers.fetchNextPage()}
          />
        </div>
      )}
    </div>
  );
}

function FilterBar({
  filter,
  onChange,
}: {
  filter: ServerFilter;
  onChange: (change: Partial<ServerFilter>) => void;
}) {
  const [text, setText] = useState(filter.search);
  const [applied, setApplied] = useState(filter.search);
  if (applied !== filter.search) {
    setApplied(filter.search);
    setText(filter.search);
  }
  useEffect(() => {
    if (text.trim() === filter.search) return;
    const timer = setTimeout(() => onChange({ search: text.trim() }), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  });
  return (
    <div className="filter-bar" role="search">
      <InputGroup
        className="filter-search"
        type="search"
        leftElement={<Search className="filter-icon" />}
        placeholder="Name or address"
        aria-label="Search servers"
        value={text}
        onValueChange={setText}
      />
      <HTMLSelect
        aria-label="Status"
        value={filter.status}
        onChange={(event) => onChange({ status: event.currentTarget.value })}
      >
        <option value="">Any status</option>
        {Object.entries(STATUS_WORDS).map(([status, word]) => (
          <option key={status} value={status}>
            {word}
          </option>
        ))}
      </HTMLSelect>
    </div>
  );
}

function NoServers() {
  return (
    <NoticeState
      level={2}
      icon={<CloudServer size={40} />}
      title="No servers yet"
      description="Choose a system and a size; it runs within a minute or so."
      action={
        <Link to="/servers/new" className={`${Classes.BUTTON} ${Classes.INTENT_PRIMARY}`}>
          <Plus /> <span className={Classes.BUTTON_TEXT}>Create your first server</span>
        </Link>
      }
    />
  );
}

function NoMatch({ onClear }: { onClear: () => void }) {
  return (
    <NoticeState
      level={2}
      icon={<Search size={40} />}
      title="No server matches"
      description="None of your servers has this name, address and status."
      action={<Button icon={<Cross />} text="Clear the filter" onClick={onClear} />}
    />
  );
}
