import { ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import { z } from 'zod';
import { ReconcileStateList } from '../../contract/reconcile.ts';
import { reconcileScheduleId } from '../../contract/temporal.ts';
import { Cluster } from '../../db/models/cluster.ts';
import { audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { NotFound, Refusal } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { logOf } from '../middleware/request-id.ts';
import { listReconcileStates } from '../reconcile-rows.ts';
import { withinDeadline } from '../start-operation.ts';
import { toReconcileStateView } from '../views/reconcile.ts';
import { say } from '../../contract/sayings.ts';

const TAG = 'Reconcile';

/** The comparison of clusters with the record, for administrators. */
export function reconcileRoutes(deps: Pick<Deps, 'database' | 'temporal' | 'queuePrefix'>): Endpoint[] {
  const { database, temporal, queuePrefix } = deps;
  return [
    endpoint({
      method: 'get',
      path: '/admin/reconcile',
      tag: TAG,
      summary: 'Per cluster: the latest comparison with the record, and how much is open',
      auth: 'admin',
      answers: { 200: { description: 'All clusters', schema: ReconcileStateList } },
      async handle(ctx) {
        const rows = await listReconcileStates(database);
        ctx.body = { items: rows.map(toReconcileStateView), nextCursor: null };
      },
    }),
    endpoint({
      method: 'post',
      path: '/admin/clusters/:id/reconcile',
      tag: TAG,
      summary: 'Compare a cluster with the record now; when that is under way, once more after it',
      auth: 'admin',
      params: ById,
      answers: {
        202: {
          description: 'Under way: GET /admin/reconcile tells how it ends',
          schema: z.object({ clusterId: z.uuid() }),
        },
      },
      problems: ['not_found', 'unavailable'],
      async handle(ctx, { params: { id } }) {
        if (!(await Cluster.query(database).findById(id))) throw new NotFound(say('cluster_not_known'));
        const schedule = temporal.schedule.getHandle(reconcileScheduleId(id, queuePrefix));
        try {
          await withinDeadline(temporal, async () => schedule.trigger(ScheduleOverlapPolicy.BUFFER_ONE));
        } catch (err) {
          logOf(ctx).warn({ err, clusterId: id }, 'reconcile not started');
          throw notStarted(err);
        }
        await audit(database, ctx, {
          userId: currentUser(ctx).id,
          action: 'cluster.reconcile',
          subjectId: id,
        });
        ctx.status = 202;
        ctx.body = { clusterId: id };
      },
    }),
  ];
}

function notStarted(err: unknown): Refusal {
  const title = err instanceof ScheduleNotFoundError ? say('cluster_not_taken_in') : say('temporal_away');
  return new Refusal(503, 'unavailable', title, {
    detail: say('again_in_a_minute'),
    headers: { 'Retry-After': '60' },
  });
}
