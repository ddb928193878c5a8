import { Button, Spinner, Tag } from '@blueprintjs/core';
import { History } from '@blueprintjs/icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { AuditEntry } from '../../../contract/audit-log.ts';
import { listAuditEntries } from '../account-api.ts';
import { describeDeed } from '../audit-words.ts';
import { ErrorState } from '../components/error-state.tsx';
import { NoticeState } from '../components/notice-state.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { TimeAgo } from '../components/time-ago.tsx';

/** Who did what, when and from where. */
export function AuditPage() {
  return (
    <>
      <PageTitle text="Audit log" />
      <div>
        <h1>Audit log</h1>
        <span className="muted">
          What you did, what was done to you, and what happened in accounts you manage.
        </span>
      </div>
      <Entries />
    </>
  );
}

function Entries() {
  const log = useInfiniteQuery({
    queryKey: ['account', 'audit'],
    queryFn: ({ pageParam, signal }) => listAuditEntries(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextBefore,
    staleTime: 0,
  });
  if (log.isPending) return <Spinner className="page-spinner" aria-label="Loading the audit log" />;
  if (!log.data) {
    return (
      <ErrorState
        title="The audit log cannot be shown"
        error={log.error}
        onRetry={() => void log.refetch()}
      />
    );
  }
  const entries = log.data.pages.flatMap((page) => page.items);
  if (entries.length === 0)
    return <NoticeState level={2} icon={<History size={40} />} title="Nothing has been done yet" />;
  return (
    <section className="panel" aria-label="Entries">
      <ul className="row-list first-list" aria-label="Audit log">
        {entries.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ul>
      {log.error && <ProblemCallout error={log.error} />}
      {log.hasNextPage && (
        <Button
          className="older"
          text="Show older"
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
          {tokenName && <Tag minimal>by token {tokenName}</Tag>}
        </div>
        <span className="second-line">
          {[actorOf(entry), ip && `from ${ip}`, accountName].filter(Boolean).join(' · ')}
        </span>
      </div>
      <span className="muted row-end">
        <TimeAgo iso={at} />
      </span>
    </li>
  );
}

function actorOf({ actor, actorName }: AuditEntry): string {
  if (actor === 'you') return 'You';
  return actor === 'provider' ? 'Your provider' : (actorName ?? 'Somebody who is gone');
}
