import { Tab, Tabs } from '@blueprintjs/core';
import { Tick } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { Operation } from '../../../contract/operations.ts';
import type { OperationList as Page } from '../../../contract/servers.ts';
import { serverWorkflowId } from '../../../contract/temporal.ts';
import { json } from '../api.ts';
import { NoticeState } from '../components/notice-state.tsx';
import { operationsInKey, withNews } from '../live-cache.ts';
import { OperationList } from '../pages/operation-list.tsx';
import { AdminPage } from './admin-page.tsx';
import { useParam } from '../hooks/use-param.ts';
import { useAdminSettings, useAttention } from './use-admin.ts';

const READ_AGAIN_MS = 10_000;
const STATUSES = [
  {
    status: 'needs_attention',
    get title() {
      return t`Needs attention`;
    },
    count: 'needsAttention',
    get none() {
      return t`Nothing waits for a decision`;
    },
  },
  {
    status: 'running',
    get title() {
      return t`Running`;
    },
    count: 'running',
    get none() {
      return t`Nothing is running`;
    },
  },
  {
    status: 'pending',
    get title() {
      return t`Queued`;
    },
    count: 'pending',
    get none() {
      return t`Nothing waits to start`;
    },
  },
  {
    status: 'failed',
    get title() {
      return t`Failed`;
    },
    count: null,
    get none() {
      return t`Nothing has failed`;
    },
  },
] as const;

/** The operations of one status, newest first; events keep them up to date. */
function useOperationsIn(status: string) {
  return useInfiniteQuery({
    queryKey: operationsInKey(status),
    queryFn: ({ pageParam, signal }) =>
      withNews(
        () => {
          const params = new URLSearchParams({
            status,
            limit: '20',
            ...(pageParam ? { cursor: pageParam } : {}),
          });
          return json<Page>(`/operations?${params}`, { signal });
        },
        (page) => page.items,
        (page, items) => ({ ...page, items: items.filter((item) => item.status === status) }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: READ_AGAIN_MS,
  });
}

/** Everything that is being done, on whose server ever: what stands still first. */
export function OperationsPage() {
  const [status, setStatus] = useParam('status', 'needs_attention');
  const { data: attention } = useAttention();
  return (
    <AdminPage title={t`Operations`}>
      <Tabs
        id="operation-status"
        selectedTabId={status}
        renderActiveTabPanelOnly
        onChange={(next) => setStatus(String(next))}
      >
        {STATUSES.map(({ status: id, title, count, none }) => (
          <Tab
            key={id}
            id={id}
            title={count && attention ? `${title} (${attention.operations[count]})` : title}
            panel={<OperationsIn status={id} none={none} />}
          />
        ))}
      </Tabs>
    </AdminPage>
  );
}

function OperationsIn({ status, none }: { status: string; none: string }) {
  return (
    <OperationList
      operations={useOperationsIn(status)}
      failed={t`The operations could not be read`}
      empty={<NoticeState level={2} icon={<Tick size={40} />} title={none} />}
      head={(operation) => <Place operation={operation} />}
    />
  );
}

/** Which server it is about, whose that is, and where its workflow can be looked into. */
function Place({ operation: { serverId, serverName, accountId, accountName } }: { operation: Operation }) {
  const { data: settings } = useAdminSettings();
  return (
    <div className="operation-place">
      <Link to={`/servers/${serverId}`}>
        <strong>{serverName}</strong>
      </Link>
      <Link className="sensitive" to={`/admin/servers?q=account:${accountId}`}>
        {accountName}
      </Link>
      {settings?.workflowUi && (
        <a
          href={settings.workflowUi + encodeURIComponent(serverWorkflowId(serverId))}
          target="_blank"
          rel="noreferrer"
        >
          <Trans>Workflow in the Temporal UI</Trans>
        </a>
      )}
    </div>
  );
}
