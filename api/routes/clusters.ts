import type { Knex } from 'knex';
import type { Context } from 'koa';
import type { z } from 'zod';
import {
  ClusterList,
  ConnectionReport,
  CreateCluster,
  Cluster as ClusterView,
  CreatedCluster,
  ListUnclaimedVmsQuery,
  TestCluster,
  UnclaimedVmList,
  UpdateCluster,
} from '../../contract/clusters.ts';
import { insertCluster, openConnection, updateCluster } from '../../db/ensure-cluster.ts';
import { Cluster } from '../../db/models/cluster.ts';
import type { SecretBox } from '../../db/secrets.ts';
import { audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { ClusterUnusable, NameTaken, NotFound } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { toClusterView } from '../views/cluster.ts';
import { say } from '../../contract/sayings.ts';

const TAG = 'Clusters';

/** Proxmox VE clusters, for administrators: list, test a connection, add, change. A token's secret goes in and never comes out. */
export function clusterRoutes({
  database,
  secretBox,
  testConnection,
  listUnclaimedVms,
}: Pick<Deps, 'database' | 'secretBox' | 'testConnection' | 'listUnclaimedVms'>): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/admin/clusters',
      tag: TAG,
      summary: 'All clusters',
      auth: 'admin',
      answers: { 200: { description: 'All of them', schema: ClusterList } },
      async handle(ctx) {
        const rows = await Cluster.query(database).orderBy('name');
        ctx.body = { items: rows.map(toClusterView), nextCursor: null };
      },
    }),
    endpoint({
      method: 'post',
      path: '/admin/clusters/test',
      tag: TAG,
      summary: 'Test the connection to a cluster; nothing is saved',
      auth: 'admin',
      body: TestCluster,
      answers: { 200: { description: 'What was found, good or bad', schema: ConnectionReport } },
      problems: ['invalid_input'],
      async handle(ctx, { body }) {
        ctx.body = await testConnection(body);
      },
    }),
    endpoint({
      method: 'post',
      path: '/admin/clusters/:id/test',
      tag: TAG,
      summary: 'Test the connection to a cluster with the token it has',
      auth: 'admin',
      params: ById,
      answers: { 200: { description: 'What was found, good or bad', schema: ConnectionReport } },
      problems: ['not_found'],
      async handle(ctx, { params: { id } }) {
        const cluster = await Cluster.query(database).findById(id);
        if (!cluster) throw new NotFound(say('cluster_not_known'));
        ctx.body = await testConnection(await openConnection(database, secretBox, cluster));
      },
    }),
    endpoint({
      method: 'post',
      path: '/admin/clusters',
      tag: TAG,
      summary: 'Add a cluster, when the test of its connection finds no error',
      auth: 'admin',
      body: CreateCluster,
      answers: {
        201: { description: 'Added; workers watch it within a minute', schema: CreatedCluster },
      },
      problems: ['invalid_input', 'name_taken', 'cluster_unusable'],
      async handle(ctx, { body }) {
        const { name } = body;
        if (await Cluster.query(database).findOne({ name }))
          throw new NameTaken(say('cluster_exists', { name }));
        const report = await testConnection(body);
        if (!report.ok) throw new ClusterUnusable(report.findings);
        const row = await database.transaction(async (trx) => add(trx, ctx, secretBox, body));
        ctx.status = 201;
        ctx.body = { cluster: toClusterView(row), report };
      },
    }),
    endpoint({
      method: 'patch',
      path: '/admin/clusters/:id',
      tag: TAG,
      summary: 'Change how a cluster is reached, what it is called, or how much may be done there at once',
      auth: 'admin',
      params: ById,
      body: UpdateCluster,
      answers: { 200: { description: 'The cluster as it is now', schema: ClusterView } },
      problems: ['not_found', 'invalid_input', 'cluster_unusable'],
      async handle(ctx, { params: { id }, body }) {
        const { connection, ...rest } = body;
        const present = await Cluster.query(database).findById(id);
        if (!present) throw new NotFound(say('cluster_not_known'));
        const rescueIso = rest.rescueIso === undefined ? present.rescueIso : rest.rescueIso;
        if (connection) {
          const report = await testConnection({ ...connection, ...(rescueIso ? { rescueIso } : {}) });
          if (!report.ok) throw new ClusterUnusable(report.findings);
        }
        const row = await database.transaction(async (trx) => {
          // Locked, so that of two new tokens the one given up is forgotten too.
          const locked = await Cluster.query(trx).findById(id).forUpdate().throwIfNotFound();
          const changed = await updateCluster(trx, secretBox, locked, {
            ...givenOf(rest),
            ...(connection && { tlsFingerprint: null, tlsCa: null, ...givenOf(connection) }),
          });
          const { tokenSecret: _, tlsCa, ...shown } = connection ?? {};
          const details = { ...givenOf(rest), ...shown, ...(tlsCa ? { hasTlsCa: true } : {}) };
          const deed = { userId: currentUser(ctx).id, action: 'cluster.update', subjectId: id };
          await audit(trx, ctx, { ...deed, details });
          return changed;
        });
        ctx.body = toClusterView(row);
      },
    }),
    endpoint({
      method: 'get',
      path: '/admin/clusters/:id/unclaimed-vms',
      tag: 'Adoption',
      summary: 'VMs of a cluster that no server holds, as they are at this moment',
      auth: 'admin',
      params: ById,
      query: ListUnclaimedVmsQuery,
      answers: { 200: { description: 'By VM id', schema: UnclaimedVmList } },
      problems: ['not_found', 'unavailable'],
      async handle(ctx, { params: { id: clusterId }, query: { search } }) {
        if (!(await Cluster.query(database).findById(clusterId)))
          throw new NotFound(say('cluster_not_known'));
        ctx.body = await listUnclaimedVms({ clusterId, search });
      },
    }),
  ];
}

/** Without what was left out. */
const givenOf = <T extends object>(fields: T) =>
  // The cast says what the filter does.
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };

async function add(
  trx: Knex,
  ctx: Context,
  secretBox: SecretBox,
  input: z.output<typeof CreateCluster>,
): Promise<Cluster> {
  const { tlsFingerprint = null, tlsCa = null, ...given } = input;
  const row = await insertCluster(trx, secretBox, {
    ...given,
    tlsFingerprint,
    tlsCa,
    snippetsStorage: null,
    snippetsDir: null,
  });
  const { name, endpoints, tokenId } = given;
  const details = { name, endpoints, tokenId, tlsFingerprint };
  await audit(trx, ctx, {
    userId: currentUser(ctx).id,
    action: 'cluster.create',
    subjectId: row.id,
    details,
  });
  return row;
}
