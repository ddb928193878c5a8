import type { ClusterConnection } from './cluster-access.ts';
import type { Tenure } from './while-elected.ts';
import type { ClusterResource, VmSummary } from '../proxmox/answers.ts';

/** What a node said of its VMs, and when it was asked. */
interface NodeList {
  nodeId: string;
  node: string;
  askedAt: Date;
  vms: VmSummary[];
}

interface KnownNode {
  id: string;
  name: string;
  status: string;
}

export interface ObserverOptions extends Tenure {
  clusterId: string;
  connection: Pick<ClusterConnection, 'watching' | 'tasks'>;
  /** How long a look waits for slow nodes; their answer counts in the next one. */
  patienceMs?: number;
  /** Between two readings of what VMs use and of the cluster as a whole. */
  surveyMs?: number;
}

export interface Observer {
  /**
   * Looks once at every node that is online. Rejects, after recording what could be seen, when something could not be asked.
   */
  observe: () => Promise<void>;
}

/** Servers whose VM is there for good; while one is made or removed its operation knows best. */
const WATCHED = `('active', 'suspended', 'deleting')`;

/**
 * Records which servers run and where, node by node: a node's own list is current, /cluster/resources is not. That one is read
 * every 20 s for what VMs use, to find the VMs that are nowhere, and at once when two nodes list the same VM: the node
 * it names is right, since it comes from the cluster's file system. A node that cannot be asked leaves its
 * servers' last observation to grow old, which shows as *unknown*. What has not changed is rewritten only every 20 s.
 */
export function createObserver(options: ObserverOptions): Observer {
  const { query, signal, clusterId, connection, patienceMs = 5_000, surveyMs = 20_000 } = options;
  const { watching, tasks } = connection;
  /** Nodes that have been asked and have not answered yet. */
  const asked = new Map<string, Promise<void>>();
  let lists = new Map<string, NodeList>();
  let failures: unknown[] = [];
  let surveyedAt = -Infinity;

  async function listNode({ id: nodeId, name: node }: KnownNode, now: Clock): Promise<void> {
    try {
      await tasks.urgentTurn(node);
      signal.throwIfAborted();
      const askedAt = now();
      lists.set(node, { nodeId, node, askedAt, vms: await watching.listVms(node) });
    } catch (err) {
      failures.push(err);
    } finally {
      asked.delete(node);
    }
  }

  async function listNodes(now: Clock): Promise<NodeList[]> {
    const nodes = await onlineNodes(options);
    for (const node of nodes) if (!asked.has(node.name)) asked.set(node.name, listNode(node, now));
    await within(patienceMs, Promise.all(asked.values()));
    const answered = [...lists.values()];
    lists = new Map();
    return answered;
  }

  /** All VMs of the cluster, on whatever node, or null when it cannot be asked. */
  async function survey(now: Clock): Promise<{ askedAt: Date; vms: ClusterResource[] } | null> {
    signal.throwIfAborted();
    const askedAt = now();
    try {
      const vms = await watching.clusterResources('vm');
      surveyedAt = performance.now();
      return { askedAt, vms };
    } catch (err) {
      failures.push(err);
      return null;
    }
  }

  async function recordSurvey(answered: NodeList[], contested: Set<number>, now: Clock): Promise<void> {
    const whole = await survey(now);
    if (!whole) return;
    const { askedAt, vms } = whole;
    const places = new Map(vms.map(({ vmid, node }) => [vmid, node]));
    for (const list of contested.size > 0 ? answered : []) {
      const isThere = ({ vmid }: VmSummary) => contested.has(vmid) && places.get(vmid) === list.node;
      await recordStates(query, clusterId, list, isThere);
    }
    const current = new Set(answered.map(({ node }) => node));
    const used = vms.filter(({ node }) => node !== undefined && current.has(node));
    await recordUsage(query, clusterId, { askedAt, vms: used });
    const found = [...vmidsOf(answered), ...vms.flatMap(({ vmid }) => vmid ?? [])];
    await recordMissing(query, clusterId, { askedAt, found });
  }

  return {
    async observe() {
      const now = await startClock(query);
      const answered = await listNodes(now);
      const contested = inTwoLists(answered);
      for (const list of answered) {
        await recordStates(query, clusterId, list, ({ vmid }) => !contested.has(vmid));
      }
      const isDue = performance.now() - surveyedAt >= surveyMs;
      if (contested.size > 0 || isDue) await recordSurvey(answered, contested, now);
      const [failure] = failures;
      failures = [];
      if (failure) throw failure;
    },
  };
}

type Clock = () => Date;

/** PostgreSQL's clock, which also judges how old an observation is, told on by this process's monotonic one: its wall clock may be wrong. */
async function startClock(query: Tenure['query']): Promise<Clock> {
  const [row] = await query<{ now: Date }>('select clock_timestamp() as now');
  if (!row) throw new Error('PostgreSQL did not tell the time');
  const readAt = performance.now();
  return () => new Date(row.now.getTime() + performance.now() - readAt);
}

/** Records which of the known nodes are online, and answers those. */
async function onlineNodes({ query, clusterId, connection }: ObserverOptions): Promise<KnownNode[]> {
  const found = await connection.watching.nodes();
  const online = new Set(found.filter(({ status }) => status === 'online').map(({ node }) => node));
  const known = await query<KnownNode>('select id, name, status from nodes where cluster_id = $1', [
    clusterId,
  ]);
  for (const { id, name, status } of known) {
    const now = online.has(name) ? 'online' : 'offline';
    if (status !== now)
      await query('update nodes set status = $1, observed_at = now() where id = $2', [now, id]);
  }
  return known.filter(({ name }) => online.has(name));
}

const vmidsOf = (lists: NodeList[]): number[] => lists.flatMap(({ vms }) => vms.map(({ vmid }) => vmid));

function inTwoLists(lists: NodeList[]): Set<number> {
  const seen = new Set<number>();
  return new Set(vmidsOf(lists).filter((vmid) => seen.size === seen.add(vmid).size));
}

async function recordStates(
  query: Tenure['query'],
  clusterId: string,
  { nodeId, askedAt, vms: listed }: NodeList,
  isMeant: (vm: VmSummary) => boolean,
): Promise<void> {
  const vms = listed.filter(isMeant);
  await query(
    `with seen as (
       select l.server_id, v.state, v.lock from unnest($1::int[], $2::text[], $3::text[]) as v (vmid, state, lock)
       join vmid_leases l on l.cluster_id = $4 and l.vmid = v.vmid
     ), recorded as (
       update servers s set power_state = seen.state, power_observed_at = $5, node_id = $6
       from seen where s.id = seen.server_id and s.lifecycle in ${WATCHED}
         and (s.power_observed_at is null or s.power_observed_at < $5)
         and (s.power_state <> seen.state or s.node_id is distinct from $6
           or s.power_observed_at is null or s.power_observed_at < $5::timestamptz - interval '20 seconds')
     )
     insert into server_observations (server_id, lock)
     select seen.server_id, seen.lock from seen left join server_observations o using (server_id)
     where o.server_id is null or o.lock is distinct from seen.lock or o.missing_since < $5
     on conflict (server_id) do update set lock = excluded.lock, missing_since = null`,
    [
      vms.map(({ vmid }) => vmid),
      vms.map(({ status }) => (status === 'running' || status === 'stopped' ? status : 'unknown')),
      vms.map(({ lock }) => lock ?? null),
      clusterId,
      askedAt,
      nodeId,
    ],
  );
}

/** A VM that was started anew may have other addresses, so its agent is asked as soon as possible; one that is off has none. */
async function recordUsage(
  query: Tenure['query'],
  clusterId: string,
  { askedAt, vms }: { askedAt: Date; vms: ClusterResource[] },
): Promise<void> {
  const whole = (['vmid', 'uptime', 'mem', 'diskread', 'diskwrite', 'netin', 'netout'] as const).map((name) =>
    vms.map(({ [name]: value }) => (value === undefined ? null : Math.round(value))),
  );
  await query(
    `insert into server_observations as o (server_id, observed_at, uptime_seconds, cpu, memory_bytes,
       disk_read_bytes, disk_written_bytes, net_in_bytes, net_out_bytes)
     select l.server_id, $9, v.uptime, v.cpu, v.mem, v.diskread, v.diskwrite, v.netin, v.netout
     from unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::real[])
       as v (vmid, uptime, mem, diskread, diskwrite, netin, netout, cpu)
     join vmid_leases l on l.cluster_id = $10 and l.vmid = v.vmid
     on conflict (server_id) do update set observed_at = excluded.observed_at,
       uptime_seconds = excluded.uptime_seconds, cpu = excluded.cpu, memory_bytes = excluded.memory_bytes,
       disk_read_bytes = excluded.disk_read_bytes, disk_written_bytes = excluded.disk_written_bytes,
       net_in_bytes = excluded.net_in_bytes, net_out_bytes = excluded.net_out_bytes,
       agent_due_at = case when excluded.uptime_seconds < o.uptime_seconds then '-infinity' else o.agent_due_at end,
       agent_addresses = case when excluded.uptime_seconds > 0 then o.agent_addresses end,
       agent_seen_at = case when excluded.uptime_seconds > 0 then o.agent_seen_at end`,
    [...whole, vms.map(({ cpu }) => cpu ?? null), askedAt, clusterId],
  );
}

/**
 * Notes the servers whose VM is nowhere in the cluster, and that nobody knows their state. A list without any VM proves
 * nothing but that Berth's token may see none.
 */
async function recordMissing(
  query: Tenure['query'],
  clusterId: string,
  { askedAt, found }: { askedAt: Date; found: number[] },
): Promise<void> {
  if (found.length === 0) return;
  await query(
    `with missing as (
       select s.id from servers s join vmid_leases l on l.server_id = s.id
       left join unnest($1::int[]) as found (vmid) on found.vmid = l.vmid
       where l.cluster_id = $2 and found.vmid is null and s.lifecycle in ('active', 'suspended')
         and (s.power_observed_at is null or s.power_observed_at < $3)
         and not exists (select from operations o where o.server_id = s.id
           and o.status in ('pending', 'running', 'needs_attention'))
     ), recorded as (
       update servers s set power_state = 'unknown' from missing where s.id = missing.id and s.power_state <> 'unknown'
     )
     insert into server_observations (server_id, missing_since) select id, $3 from missing
     on conflict (server_id) do update set missing_since = excluded.missing_since, lock = null
       where server_observations.missing_since is null`,
    [found, clusterId, askedAt],
  );
}

/** Waits for work that has an end of its own, but not for long. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, work]);
  clearTimeout(timer);
}
