import { Attention } from '../../contract/admin.ts';
import { queryRows } from '../../db/query-rows.ts';
import type { Deps } from '../deps.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';
import { listReconcileStates } from '../reconcile-rows.ts';

const TAG = 'Administration';

/** What waits for a person; for administrators. */
export function attentionRoutes({ database }: Pick<Deps, 'database'>): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/admin/attention',
      tag: TAG,
      summary: 'What waits for a person, in numbers',
      auth: 'admin',
      answers: { 200: { description: 'As it is now', schema: Attention } },
      async handle(ctx) {
        const [counted, clusters] = await Promise.all([
          queryRows<Omit<Attention, 'drift' | 'orphans'>>(database, COUNTS),
          listReconcileStates(database),
        ]);
        const orphans = clusters.flatMap((cluster) => Object.values(cluster.orphans ?? {}));
        ctx.body = {
          ...counted[0],
          drift: clusters.reduce((sum, { drift }) => sum + drift, 0),
          orphans: orphans.reduce((sum, count) => sum + count, 0),
        };
      },
    }),
  ];
}

const COUNTS = `
  select
    (select json_build_object(
       'needsAttention', count(*) filter (where status = 'needs_attention'),
       'running', count(*) filter (where status = 'running'),
       'pending', count(*) filter (where status = 'pending'))
     from operations where status in ('pending', 'running', 'needs_attention')) as operations,
    (select json_build_object(
       'total', count(*),
       'away', count(*) filter (where status <> 'online' or observed_at < now() - interval '3 minutes'),
       'inMaintenance', count(*) filter (where not accepts_servers))
     from nodes) as nodes,
    (select count(*)::int from servers where lifecycle = 'active' and deleted_at is null
       and coalesce(power_observed_at, '-infinity') < now() - interval '60 seconds') as "unknownServers"`;
