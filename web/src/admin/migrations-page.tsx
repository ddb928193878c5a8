import { Tag } from '@blueprintjs/core';
import { Import } from '@blueprintjs/icons';
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
      title="Migrations"
      about={
        <>
          Runs are started and steered with <code>npx berth-migrate</code>; here you see how far they are.
        </>
      }
    >
      <DataTable
        label="Migrations"
        rows={rows}
        columns={COLUMNS}
        empty={
          <NoticeState
            level={2}
            icon={<Import size={40} />}
            title="No migration yet"
            description="npx berth-migrate plan tries one without changing anything."
          />
        }
      />
    </AdminPage>
  );
}

const COLUMNS: Column<MigrationRun>[] = [
  {
    title: 'Run',
    cell: ({ id, source, dryRun, sourceLabel }) => (
      <span>
        <Link to={`/admin/migrations/${id}`}>
          <strong>{source}</strong>
        </Link>{' '}
        {dryRun && <Tag minimal>dry run</Tag>}
        <span className="second-line">{sourceLabel}</span>
      </span>
    ),
  },
  { title: 'Status', cell: (run) => <RunStatus run={run} /> },
  { title: 'Progress', cell: (run) => <RunProgress run={run} /> },
  { title: 'Begun', cell: ({ createdAt }) => <TimeAgo iso={createdAt} /> },
];
