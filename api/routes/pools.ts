import type { Knex } from 'knex';
import type { Context } from 'koa';
import { AddAddresses, AddedAddresses, CreatePool, type Pool, PoolList } from '../../contract/pools.ts';
import { addAddresses, insertPool, PoolRefused } from '../../db/create-pool.ts';
import { Cluster } from '../../db/models/cluster.ts';
import { IpPool } from '../../db/models/ip-pool.ts';
import { queryRows } from '../../db/query-rows.ts';
import { audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { InvalidInput, issueOf, NameTaken, NotFound } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { say } from '../../contract/sayings.ts';

const TAG = 'Clusters';
const ADDED = { 201: { description: 'Added, and handed out from now on', schema: AddedAddresses } };

/** Networks from which servers get their addresses, for administrators. */
export function poolRoutes({ database }: Pick<Deps, 'database'>): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/admin/pools',
      tag: TAG,
      summary: 'All pools of addresses with how many are leased',
      auth: 'admin',
      answers: { 200: { description: 'All of them', schema: PoolList } },
      async handle(ctx) {
        ctx.body = { items: await readPools(database), nextCursor: null };
      },
    }),
    endpoint({
      method: 'post',
      path: '/admin/pools',
      tag: TAG,
      summary: 'Add a pool of addresses to a cluster',
      auth: 'admin',
      body: CreatePool,
      answers: ADDED,
      problems: ['invalid_input', 'name_taken'],
      async handle(ctx, { body: { clusterId, nameservers, name, ...given } }) {
        const wanted = { ...given, name: name ?? given.network, nameserver: nameservers };
        ctx.body = await add(database, ctx, { action: 'pool.create', details: wanted }, async (trx) => {
          if (!(await Cluster.query(trx).findById(clusterId)))
            throw new InvalidInput([issueOf('clusterId', say('no_such_cluster'))]);
          if (await IpPool.query(trx).findOne({ clusterId, name: wanted.name }))
            throw new NameTaken(say('pool_exists', { name: wanted.name }));
          return insertPool(trx, clusterId, wanted);
        });
        ctx.status = 201;
      },
    }),
    endpoint({
      method: 'post',
      path: '/admin/pools/:id/addresses',
      tag: TAG,
      summary: 'Add addresses to a pool',
      auth: 'admin',
      params: ById,
      body: AddAddresses,
      answers: ADDED,
      problems: ['not_found', 'invalid_input'],
      async handle(ctx, { params: { id }, body }) {
        ctx.body = await add(database, ctx, { action: 'pool.add_addresses', details: body }, async (trx) => {
          const pool = await IpPool.query(trx).findById(id).forUpdate();
          if (!pool) throw new NotFound(say('pool_unknown'));
          return { pool, added: await addAddresses(trx, pool, body) };
        });
        ctx.status = 201;
      },
    }),
  ];
}

async function add(
  database: Deps['database'],
  ctx: Context,
  deed: { action: string; details: Record<string, unknown> },
  work: (trx: Knex) => ReturnType<typeof insertPool>,
) {
  return database.transaction(async (trx) => {
    const { pool, added } = await work(trx).catch((err: unknown) => {
      throw err instanceof PoolRefused ? new InvalidInput([issueOf(err.field, err.said)]) : err;
    });
    await audit(trx, ctx, { userId: currentUser(ctx).id, subjectId: pool.id, ...deed });
    return { pool: (await readPools(trx, pool.id))[0], ...added };
  });
}

async function readPools(trx: Knex, id: string | null = null): Promise<Pool[]> {
  return queryRows<Pool>(
    trx,
    `select p.id, p.cluster_id as "clusterId", c.name as cluster, p.name, p.network::text, host(p.gateway) as gateway,
       p.bridge, p.vlan, array(select host(n) from unnest(p.nameservers) n) as nameservers,
       used.addresses, used.leased, used.reserved, used.addresses - used.leased - used.reserved as free
     from ip_pools p join clusters c on c.id = p.cluster_id
     cross join lateral (
       select count(*)::int as addresses, count(l.ip_address_id)::int as leased,
         (count(*) filter (where a.reserved and l.ip_address_id is null))::int as reserved
       from ip_addresses a left join ip_leases l on l.ip_address_id = a.id where a.pool_id = p.id) used
     where ?::uuid is null or p.id = ?::uuid
     order by c.name, p.name`,
    [id, id],
  );
}
