import { Button, InputGroup, Spinner, Tag } from '@blueprintjs/core';
import { History } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import type { AuditEntry, AuditFilter } from '../../../contract/audit-log.ts';
import { listAuditEntries } from '../account-api.ts';
import { describeDeed } from '../audit-words.ts';
import { ErrorState } from '../components/error-state.tsx';
import { NoticeState } from '../components/notice-state.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { SearchField } from '../components/search-field.tsx';
import { Select } from '../components/select.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { useParam } from '../hooks/use-param.ts';

/** Who did what, when and from where. */
export function AuditPage() {
  return (
    <>
      <PageTitle text={t`Audit log`} />
      <div>
        <h1>
          <Trans>Audit log</Trans>
        </h1>
        <span className="muted">
          <Trans>What you did, what was done to you, and what happened in accounts you manage.</Trans>
        </span>
      </div>
      <FilterBar />
      <Entries />
    </>
  );
}

/** Whose deeds, of what, and from which day to which, as the address says. */
function FilterBar() {
  const [search, setSearch] = useParam('search');
  const [actor, setActor] = useParam('actor');
  const [from, setFrom] = useParam('from');
  const [to, setTo] = useParam('to');
  return (
    <div className="filter-bar" role="search">
      <SearchField
        label={t`Search the audit log`}
        placeholder={t`Server, account, person, token or address`}
        value={search}
        onSearch={setSearch}
      />
      <Select aria-label={t`Who`} value={actor} onChange={(event) => setActor(event.currentTarget.value)}>
        <option value="">{t`Anybody`}</option>
        <option value="you">{t`You`}</option>
        <option value="member">{t`Others in your accounts`}</option>
        <option value="provider">{t`Your provider`}</option>
      </Select>
      <label className="date-field">
        <Trans>From</Trans>
        <InputGroup type="date" max={to} value={from} onValueChange={setFrom} />
      </label>
      <label className="date-field">
        <Trans>Until</Trans>
        <InputGroup type="date" min={from} value={to} onValueChange={setTo} />
      </label>
    </div>
  );
}

/** Days are those of the reader. */
function useAuditFilter(): AuditFilter {
  const [params] = useSearchParams();
  const { search, actor, from, to } = Object.fromEntries(params);
  const [since, until] = [dayStart(from, 0), dayStart(to, 1)];
  return {
    ...(search ? { search } : {}),
    ...(isActor(actor) ? { actor } : {}),
    ...(since ? { since } : {}),
    ...(until ? { until } : {}),
  };
}

const isActor = (text: string | undefined): text is AuditEntry['actor'] =>
  text === 'you' || text === 'member' || text === 'provider';

/** When a day, or one so many days later, begins; null for what is no day. */
function dayStart(day: string | undefined, later: number): string | null {
  const date = new Date(`${day}T00:00`);
  if (Number.isNaN(date.getTime())) return null;
  date.setDate(date.getDate() + later);
  return date.toISOString();
}

function Entries() {
  const filter = useAuditFilter();
  const isFiltered = Object.keys(filter).length > 0;
  const log = useInfiniteQuery({
    queryKey: ['account', 'audit', filter],
    queryFn: ({ pageParam, signal }) => listAuditEntries(filter, pageParam, signal),
    placeholderData: keepPreviousData,
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextBefore,
    staleTime: 0,
  });
  if (log.isPending) return <Spinner className="page-spinner" aria-label={t`Loading the audit log`} />;
  if (!log.data) {
    return (
      <ErrorState
        title={t`The audit log cannot be shown`}
        error={log.error}
        onRetry={() => void log.refetch()}
      />
    );
  }
  const entries = log.data.pages.flatMap((page) => page.items);
  if (entries.length === 0)
    return (
      <NoticeState
        level={2}
        icon={<History size={40} />}
        title={isFiltered ? t`Nothing matches` : t`Nothing has been done yet`}
      />
    );
  return (
    <section className="panel" aria-label={t`Entries`}>
      <ul className="row-list first-list" aria-label={t`Audit log`}>
        {entries.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ul>
      {log.error && <ProblemCallout error={log.error} />}
      {log.hasNextPage && (
        <Button
          className="older"
          text={t`Show older`}
          loading={log.isFetchingNextPage}
          onClick={() => void log.fetchNextPage()}
        />
      )}
    </section>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const { at, accountName, serverId, serverName, tokenName, ip } = entry;
  return (
    <li>
      <div className="row-main">
        <div className="row-title">
          {describeDeed(entry)}
          {serverId && <Link to={`/servers/${serverId}`}>{serverName}</Link>}
          {tokenName && (
            <Tag minimal>
              <Trans>by token {tokenName}</Trans>
            </Tag>
          )}
        </div>
        <span className="second-line sensitive">
          {[actorOf(entry), ip && t`from ${ip}`, accountName].filter(Boolean).join(' · ')}
        </span>
      </div>
      <span className="muted row-end">
        <TimeAgo iso={at} />
      </span>
    </li>
  );
}

function actorOf({ actor, actorName }: AuditEntry): string {
  if (actor === 'you') return t`You`;
  return actor === 'provider' ? t`Your provider` : (actorName ?? t`Somebody who is gone`);
}
