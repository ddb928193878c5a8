import { Tag } from '@blueprintjs/core';
import { Import } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Link } from 'react-router';
import type { MigrationRun } from '../../../contract/migration-runs.ts';
import { NoticeState } from '../components/notice-state.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { AdminPage } from './admin-page.tsx';
import { type Column, DataTable } from './data-table.tsx';
import { RunProgress, RunStatus } from './run-progress.tsx';
import { useRows } from './use-admin.ts';

const READ_AGAIN_MS = 3_000;

/** The migrations out of WHMCS. */
export function MigrationsPage() {
  const rows = useRows<MigrationRun>('/admin/migration-runs', {}, READ_AGAIN_MS);
  return (
    <AdminPage
      title={t`Migrations`}
      about={
        <>
          <Trans>
            Runs are started and steered with <code>npx berth-migrate</code>; here you see how far they are.
          </Trans>
        </>
      }
    >
      <DataTable
        label={t`Migrations`}
        rows={rows}
        columns={COLUMNS}
        empty={
          <NoticeState
            level={2}
            icon={<Import size={40} />}
            title={t`No migration yet`}
            description={t`npx berth-migrate plan tries one without changing anything.`}
          />
        }
      />
    </AdminPage>
  );
}

const COLUMNS: Column<MigrationRun>[] = [
  {
    get title() {
      return t`Run`;
    },
    cell: ({ id, source, dryRun, sourceLabel }) => (
      <span>
        <Link to={`/admin/migrations/${id}`}>
          <strong>{source}</strong>
        </Link>{' '}
        {dryRun && (
          <Tag minimal>
            <Trans>dry run</Trans>
          </Tag>
        )}
        <span className="second-line">{sourceLabel}</span>
      </span>
    ),
  },
  {
    get title() {
      return t`Status`;
    },
    cell: (run) => <RunStatus run={run} />,
  },
  {
    get title() {
      return t`Progress`;
    },
    cell: (run) => <RunProgress run={run} />,
  },
  {
    get title() {
      return t`Begun`;
    },
    cell: ({ createdAt }) => <TimeAgo iso={createdAt} />,
  },
];
