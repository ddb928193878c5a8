import { TARGET_ID } from './target-id.ts';
import type { Entity } from './deps.ts';

interface Load {
  /** Makes the temporary table `page` of the rows to write. */
  page: string;
  /** What becomes of rows that were there before; nothing where all are new. */
  old: string[];
  /** Each with what it does about rows that are in its way: where all of a page is new, looking for them is not worth it. */
  all: Write[];
}

type Write = [sql: string, onConflict: string];

const CHANGED = "i.change <> 'unchanged'";

/** A row of `provenance`; its key is looked up row by row, whatever PostgreSQL knows of a table that was empty just now. */
const origin = (name: string, entity: string, sourceId: string) => `join lateral (
  select * from provenance where source = :source and entity = ${entity} and source_id = ${sourceId} limit 1) ${name} on true`;

/**
 * The rows to write, of one entity, between two ids, with what they were before. What `fields` holds is read once, into
 * the columns of `record`.
 */
const page = (entity: Entity, where: string, record: string, { columns = '', joins = '' } = {}) => `
  create temp table page on commit drop as
  select i.entity, i.source_id, i.target_id, i.change, i.content_hash, i.fields_hash, i.fields, i.binding,
    f.*, p.fields as former, p.is_ours, p.target_id is null as is_new${columns}
  from migration_items i
  cross join lateral jsonb_to_record(i.fields) as f(${record})
  left ${origin('p', 'i.entity', 'i.source_id')} ${joins}
  where i.run_id = :runId and i.entity = '${entity}' and i.outcome = 'migrated'
    and i.source_id > :after and i.source_id <= :upTo and ${where}`;

/** Where a row came from; what was there before and only was linked is not ours. */
const provenance = (isOurs: string, extra = ''): Write => [
  `insert into provenance (source, entity, source_id, target_id, content_hash, fields_hash, fields, added_by, changed_by, is_ours)
   select :source, i.entity, i.source_id, i.target_id, i.content_hash, i.fields_hash, i.fields${extra}, :runId, :runId, ${isOurs}
   from page i where ${CHANGED}`,
  `on conflict (source, entity, source_id) do update set content_hash = excluded.content_hash,
     fields_hash = excluded.fields_hash, fields = excluded.fields, changed_by = excluded.changed_by`,
];

/** The new value where Berth still has the former one; what was edited in Berth stays. */
const unlessEdited = (column: string, former: string, fresh: string) =>
  `${column} = case when t.${column} is not distinct from ${former} then ${fresh} else t.${column} end`;

/** A field of a row of `page`, as it was or as it is now. */
type Field = (name: string) => string;
const former: Field = (name) => `i.former ->> '${name}'`;
const fresh: Field = (name) => `i."${name}"`;

const personName = (field: Field) => `trim(concat_ws(' ', ${field('firstName')}, ${field('lastName')}))`;

const USERS: Load = {
  page: page('user', CHANGED, `email text, "firstName" text, "lastName" text`, {
    columns: ', w.hash as password_hash',
    joins: `
  left join lateral (
    select hash from migration_passwords where run_id = :runId and user_id = i.source_id limit 1) w on true`,
  }),
  old: [
    // A password Berth has hashed itself was proven or chosen here.
    `update users t set ${unlessEdited('email', "i.former ->> 'email'", 'i.email')},
       ${unlessEdited('name', personName(former), personName(fresh))},
       password_hash = case when t.password_hash like '$argon2%' then t.password_hash else i.password_hash end,
       updated_at = now()
     from page i where t.id = i.target_id and not i.is_new and i.is_ours`,
  ],
  all: [
    [
      `insert into users (id, email, name, password_hash)
     select i.target_id, i.email, ${personName(fresh)}, i.password_hash
     from page i where i.is_new and i.target_id = ${TARGET_ID}`,
      `on conflict (id) do nothing`,
    ],
    provenance(`i.target_id = ${TARGET_ID}`),
  ],
};

const accountName = (field: Field) => `coalesce(nullif(${field('company')}, ''),
  nullif(${personName(field)}, ''), ${field('email')}, 'Client ' || i.source_id)`;

const CLIENTS: Load = {
  // Also those that have not changed: a user of theirs may have been quarantined before.
  page: page(
    'client',
    'true',
    `"firstName" text, "lastName" text, company text, email text, address jsonb, "taxId" text, currency text,
     credit numeric, language text, "wantsMarketing" boolean, created date, members jsonb`,
  ),
  old: [
    `update accounts t set ${unlessEdited('name', accountName(former), accountName(fresh))}
     from page i where t.id = i.target_id and not i.is_new and ${CHANGED}`,
    `delete from memberships t using page i, jsonb_array_elements(i.former -> 'members') m, provenance u
     where not i.is_new and ${CHANGED} and t.account_id = i.target_id and u.source = :source and u.entity = 'user'
       and u.source_id = (m ->> 'userId')::bigint and t.user_id = u.target_id
       and not exists (select 1 from jsonb_array_elements(i.members) n where n ->> 'userId' = m ->> 'userId')`,
  ],
  all: [
    [
      `insert into accounts (id, name, created_at)
     select i.target_id, ${accountName(fresh)}, coalesce(i.created, now())
     from page i where i.is_new`,
      `on conflict (id) do nothing`,
    ],
    [
      `insert into account_billing (account_id, first_name, last_name, company, email, address, tax_id, currency, credit,
       language, wants_marketing, customer_since)
     select target_id, "firstName", "lastName", company, email, address, "taxId", currency, credit, language,
       "wantsMarketing", created
     from page i where ${CHANGED}`,
      `on conflict (account_id) do update set first_name = excluded.first_name, last_name = excluded.last_name,
       company = excluded.company, email = excluded.email, address = excluded.address, tax_id = excluded.tax_id,
       currency = excluded.currency, credit = excluded.credit, language = excluded.language,
       wants_marketing = excluded.wants_marketing, customer_since = excluded.customer_since`,
    ],
    [
      `insert into memberships (account_id, user_id, role, permissions)
     select distinct on (i.target_id, u.target_id) i.target_id, u.target_id,
       case when (m ->> 'owner')::boolean then 'owner'
         when m -> 'permissions' @> '["manageproducts", "orders"]' then 'admin'
         when m -> 'permissions' @> '["manageproducts"]' then 'operator'
         else 'viewer' end,
       array(select jsonb_array_elements_text(m -> 'permissions'))
     from page i, jsonb_array_elements(i.members) m
     ${origin('u', "'user'", "(m ->> 'userId')::bigint")}
     order by i.target_id, u.target_id, (m ->> 'owner')::boolean desc`,
      `on conflict (account_id, user_id) do update set role = excluded.role, permissions = excluded.permissions
     where (memberships.role, memberships.permissions) is distinct from (excluded.role, excluded.permissions)`,
    ],
    provenance('true'),
  ],
};

const serverName = (field: Field) =>
  `coalesce(split_part(${field('hostname')}, '.', 1), 'vps-' || i.source_id)`;
const lifecycle = (field: Field) =>
  `case when ${field('status')} = 'suspended' then 'suspended' else 'active' end`;
const whole = (column: string) => `round(${column})::int`;
const positive = (column: string) => `nullif(${whole(column)}, 0)`;

/** The account, the VM and its node of each service, and what was sold. */
const SERVICE_PAGE = page(
  'service',
  CHANGED,
  `"clientId" bigint, "productName" text, status text, "suspendReason" text, hostname text, cycle text, amount numeric,
   currency text, "nextDue" date, registered date, quantity numeric, vcpu numeric, "memoryMib" numeric,
   "diskGib" numeric, "trafficGib" numeric, "networkMbps" numeric, "ipv4Count" numeric, "primaryIp" text,
   "extraIps" jsonb, ipv6 jsonb, os text, location text, backups boolean`,
  {
    columns: `, c.target_id as account_id, v.cluster_id, v.vmid, v.name as vm_name, n.id as node_id,
    coalesce(${whole('f.vcpu')}, v.vcpu) as sold_vcpu, coalesce(${whole('f."memoryMib"')}, v.memory_mib) as sold_memory,
    coalesce(${whole('f."diskGib"')}, v.disk_gib) as sold_disk`,
    joins: `
  left ${origin('c', "'client'", 'f."clientId"')}
  left join lateral (select * from migration_vms where run_id = :runId
    and cluster_id = (i.binding ->> 'clusterId')::uuid and vmid = (i.binding ->> 'vmid')::int limit 1) v on true
  left join nodes n on n.cluster_id = v.cluster_id and n.name = v.node`,
  },
);

/** Every address of a service, with the length of its prefix where the source gave one. */
const ADDRESSES = `
  select i.target_id as server_id, i.cluster_id, a::inet as address
  from page i, jsonb_array_elements_text(jsonb_build_array(i."primaryIp") || i."extraIps" || i.ipv6) a
  where a is not null`;

const VM_IDENTITY = `jsonb_build_object('name', i.vm_name, 'uuid', null)`;

const SERVICES: Load = {
  page: SERVICE_PAGE,
  old: [
    `update servers t set account_id = i.account_id,
       ${unlessEdited('name', serverName(former), serverName(fresh))},
       cluster_id = i.cluster_id, node_id = coalesce(i.node_id, t.node_id), plan_name = i."productName",
       ${unlessEdited('os', "i.former ->> 'os'", 'i.os')},
       hostname = i.hostname, vcpu = i.sold_vcpu, memory_mib = i.sold_memory, disk_gib = i.sold_disk,
       traffic_gib = ${positive('i."trafficGib"')}, network_mbps = ${positive('i."networkMbps"')},
       ${unlessEdited('lifecycle', lifecycle(former), lifecycle(fresh))},
       suspend_reason = i."suspendReason",
       vm_identity = case when exists (select 1 from vmid_leases l where l.server_id = t.id
           and (l.cluster_id, l.vmid) = (i.cluster_id, i.vmid) and t.vm_identity ->> 'name' = i.vm_name)
         then t.vm_identity else ${VM_IDENTITY} end
     from page i where t.id = i.target_id and not i.is_new`,
    `delete from vmid_leases l using page i where not i.is_new and l.server_id = i.target_id
       and (l.cluster_id, l.vmid) is distinct from (i.cluster_id, i.vmid)`,
    `with wanted as (${ADDRESSES})
     delete from server_addresses t using page i where not i.is_new and t.server_id = i.target_id
       and not exists (select 1 from wanted w where w.server_id = t.server_id and w.address = t.address)`,
    `with wanted as (${ADDRESSES})
     delete from ip_leases t using page i, ip_addresses a where not i.is_new and t.server_id = i.target_id and a.id = t.ip_address_id
       and not exists (select 1 from wanted w where w.server_id = t.server_id and host(w.address) = host(a.address))`,
  ],
  all: [
    [
      `insert into servers (id, account_id, name, cluster_id, node_id, plan_name, os, hostname, vcpu, memory_mib, disk_gib,
       traffic_gib, network_mbps, lifecycle, suspend_reason, delete_protection, vm_identity, created_at)
     select i.target_id, i.account_id, ${serverName(fresh)}, i.cluster_id, i.node_id, i."productName", i.os, i.hostname,
       i.sold_vcpu, i.sold_memory, i.sold_disk, ${positive('i."trafficGib"')}, ${positive('i."networkMbps"')},
       ${lifecycle(fresh)}, i."suspendReason", true, ${VM_IDENTITY}, coalesce(i.registered, now())
     from page i where i.is_new`,
      `on conflict (id) do nothing`,
    ],
    [
      `insert into vmid_leases (cluster_id, vmid, server_id) select cluster_id, vmid, target_id from page`,
      `on conflict (server_id) do nothing`,
    ],
    // An address of a pool of the cluster is leased, so that no order gets it.
    [
      `with wanted as (${ADDRESSES})
     insert into ip_leases (ip_address_id, server_id)
     select distinct on (a.id) a.id, w.server_id from wanted w
     join ip_addresses a on a.address = host(w.address)::inet
     join ip_pools o on o.id = a.pool_id and o.cluster_id = w.cluster_id
     order by a.id, w.server_id
     on conflict (ip_address_id) do nothing`,
      '',
    ],
    [
      `with wanted as (${ADDRESSES})
     insert into server_addresses (server_id, address)
     select w.server_id, w.address from wanted w
     where not exists (select 1 from ip_leases l join ip_addresses a on a.id = l.ip_address_id
       where l.server_id = w.server_id and a.address = host(w.address)::inet)`,
      `on conflict do nothing`,
    ],
    [
      `insert into server_billing (server_id, cycle, amount, currency, next_due, registered, quantity, backups, ipv4_count,
       location, completed)
     select target_id, cycle, amount, currency, "nextDue", registered, ${whole('quantity')}, backups,
       ${whole('"ipv4Count"')}, location, status = 'completed'
     from page`,
      `on conflict (server_id) do update set cycle = excluded.cycle, amount = excluded.amount,
       currency = excluded.currency, next_due = excluded.next_due, registered = excluded.registered,
       quantity = excluded.quantity, backups = excluded.backups, ipv4_count = excluded.ipv4_count,
       location = excluded.location, completed = excluded.completed`,
    ],
    provenance('true', ` || jsonb_build_object('binding', i.binding)`),
  ],
};

/** What writes an entity into Berth's own tables, page by page; bindings: runId, source, after, upTo. */
export const LOADS: Record<Entity, Load> = { user: USERS, client: CLIENTS, service: SERVICES };
