import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import Knex from 'knex';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { dropSecrets } from './drop-secrets.ts';
import { reportCsv } from './report/report-csv.ts';
import { reportHtml } from './report/report-html.ts';
import { reportJson } from './report/report-json.ts';
import { rollbackRun } from './rollback.ts';
import { resumeRun } from './steer-run.ts';
import { migrationWorkflowId } from '../contract/temporal.ts';
import { databaseConfig } from '../db/connect.ts';
import { MigrationRun } from '../db/models/migration-run.ts';
import { Server } from '../db/models/server.ts';
import { User } from '../db/models/user.ts';
import { queryRows } from '../db/query-rows.ts';
import { buildOperation } from '../tests/builders.ts';
import { createFaultsEstate, type FaultsEstate } from '../tests/faults-estate.ts';
import type { RunWish } from '../tests/migrate-estate.ts';
import { readable } from '../tests/readable.ts';
import { recordHistory } from '../tests/record-history.ts';
import { until } from '../tests/until.ts';

let faults: FaultsEstate;
beforeAll(async () => {
  faults = await createFaultsEstate({ seed: 'again', size: 120, mess: 2 }, { rangeSize: 50 });
});
beforeEach(() => faults.reset());
afterAll(() => faults?.close());

/** Runs to the end and answers the id. */
async function migrate(wish?: RunWish): Promise<string> {
  const run = await faults.begin(wish);
  await faults.untilStatus(run, 'succeeded');
  return run.runId;
}

/** What Berth has of people and servers, as many rows each. */
const counts = async () => ({
  users: await faults.count('users'),
  accounts: await faults.count('accounts'),
  servers: await faults.count('servers'),
});

const vms = () => JSON.stringify(Object.values(faults.estate.simulators).map(({ state }) => state.vms));

/** Migrated services of accounts that have only this one, with the owner of the account. */
const soleServices = () =>
  queryRows<{ serviceId: number; serverId: string; clientId: number; userId: number; ownerId: string }>(
    faults.estate.database,
    `select p.source_id::int as "serviceId", p.target_id as "serverId", c.source_id::int as "clientId",
       u.source_id::int as "userId", u.target_id as "ownerId"
     from provenance p join servers s on s.id = p.target_id
     join provenance c on c.entity = 'client' and c.target_id = s.account_id
     join memberships m on m.account_id = s.account_id
     join provenance u on u.entity = 'user' and u.target_id = m.user_id
     where (select count(*) from servers o where o.account_id = s.account_id) = 1
       and (select count(*) from memberships o where o.account_id = s.account_id) = 1
       and (select count(*) from memberships o where o.user_id = m.user_id) = 1
     order by 1`,
  );

it('leaves what somebody has touched, with the reason, and no VM changed; afterwards all can be done again', async () => {
  const { database } = faults.estate;
  const before = vms();
  const runId = await migrate();
  const [operated, renamed, loggedIn, withPassword] = await soleServices();
  if (!operated || !renamed || !loggedIn || !withPassword)
    throw new Error('too few accounts with one server');
  const server = await Server.query(database).findById(operated.serverId).throwIfNotFound();
  await buildOperation(database, { server, status: 'succeeded', finishedAt: new Date() });
  const { name } = await Server.query(database).findById(renamed.serverId).throwIfNotFound();
  await Server.query(database).findById(renamed.serverId).patch({ name: 'mine-now' });
  await database('sessions').insert({
    userId: loggedIn.ownerId,
    expiresAt: new Date(Date.now() + 60_000),
  });
  await User.query(database).findById(withPassword.ownerId).patch({ passwordHash: '$argon2id$chosen' });

  const { left, removed } = await rollbackRun(database, runId);
  const lines = left.map(({ entity, sourceId, reason }) => `${entity} ${sourceId}: ${reason}`);
  expect(lines.toSorted()).toEqual(
    [
      `service ${operated.serviceId}: something was done to it in Berth`,
      `service ${renamed.serviceId}: it was renamed`,
      `client ${operated.clientId}: it has servers that stay`,
      `client ${renamed.clientId}: it has servers that stay`,
      `client ${loggedIn.clientId}: a member of it stays`,
      `client ${withPassword.clientId}: a member of it stays`,
      `user ${operated.userId}: the user is in an account that stays`,
      `user ${renamed.userId}: the user is in an account that stays`,
      `user ${loggedIn.userId}: the user has logged in`,
      `user ${withPassword.userId}: the user has set a password`,
    ].toSorted(),
  );
  expect(await counts()).toEqual({ users: 4, accounts: 4, servers: 2 });
  expect(await faults.count('memberships')).toBe(4);
  expect(removed.service).toBeGreaterThan(10);
  expect(vms()).toBe(before);

  // Untouched again, all of it goes.
  await database.raw('delete from operations; delete from sessions');
  await Server.query(database).findById(renamed.serverId).patch({ name });
  await User.query(database).findById(withPassword.ownerId).patch({ passwordHash: null });
  expect((await rollbackRun(database, runId)).left).toEqual([]);
  expect(await counts()).toEqual({ users: 0, accounts: 0, servers: 0 });
  await migrate();
  expect(await faults.content()).toEqual(faults.undisturbed.content);
});

it('takes two sources with the same people and VMs side by side', async () => {
  const { database, mappingText } = faults.estate;
  await migrate();
  const before = await counts();
  const second = await migrate({ mapping: mappingText.replace('id: testbed', 'id: second') });
  expect(await counts()).toEqual({ ...before, accounts: 2 * before.accounts });
  const services = (await faults.items(second)).filter(({ entity }) => entity === 'service');
  const ofFirst = new Set(
    faults.undisturbed.items.flatMap(({ entity, sourceId, outcome }) =>
      entity === 'service' && outcome === 'migrated' ? [sourceId] : [],
    ),
  );
  expect(services.filter(({ outcome }) => outcome === 'migrated')).toEqual([]);
  expect(services.filter(({ code }) => code === 'vm_taken').map(({ sourceId }) => sourceId)).toEqual([
    ...ofFirst,
  ]);
  const [alone] = await queryRows(
    database,
    `select user_id from memberships m join provenance p on p.target_id = m.account_id group by user_id
     having count(*) filter (where p.source = 'testbed') <> count(*) filter (where p.source = 'second')`,
  );
  expect(alone).toBeUndefined();
  expect((await rollbackRun(database, second)).left).toEqual([]);
  expect(await faults.content()).toEqual(faults.undisturbed.content);
});

it('is undone though PostgreSQL ends the transaction because another waits for it, and it for that', async () => {
  const { database, databaseUrl } = faults.estate;
  const runId = await migrate();
  const { serverId } = await database('vmid_leases').whereNotNull('server_id').first('server_id');
  const patient = Knex(databaseConfig(`${databaseUrl}?options=-c%20deadlock_timeout%3D5s`));
  const observer = await database.transaction();
  try {
    await observer.raw(`set local deadlock_timeout = '5min'`);
    await observer('servers').where('id', serverId).update({ powerState: 'running' });
    const rollback = rollbackRun(patient, runId);
    await until(
      async () =>
        (await queryRows(database, `select 1 from pg_stat_activity where wait_event_type = 'Lock'`)).length >
        0,
    );
    await observer('vmid_leases').where('server_id', serverId).delete();
    await observer.commit();
    expect((await rollback).left).toEqual([]);
  } finally {
    await patient.destroy();
  }
  expect(await counts()).toMatchObject({ servers: 0 });
});

it('keeps what was edited in Berth when the source brings something new, and takes over the rest', async () => {
  const { database } = faults.estate;
  await migrate();
  const [renamed, deleted, other] = await soleServices();
  if (!renamed || !deleted || !other) throw new Error('too few accounts with one server');
  await Server.query(database).findById(renamed.serverId).patch({ name: 'mine-now' });
  await database('vmid_leases').where({ serverId: deleted.serverId }).delete();
  await Server.query(database)
    .findById(deleted.serverId)
    .patch({ lifecycle: 'deleted', deletedAt: new Date() });
  await User.query(database)
    .findById(renamed.ownerId)
    .patch({ name: 'Chosen', passwordHash: '$argon2id$chosen' });
  await faults.alterSource(
    `UPDATE tblhosting SET amount = 77.77, domain = CONCAT('new-', id, '.example.net')
     WHERE id IN (${renamed.serviceId}, ${deleted.serviceId}, ${other.serviceId})`,
    `UPDATE tblusers SET first_name = 'Fresh', last_name = 'Name', password = '$2y$10$${'f'.repeat(53)}'
     WHERE id IN (${renamed.userId}, ${other.userId})`,
  );
  const items = await faults.items(await migrate());

  const shown = await queryRows<{ id: string; name: string; lifecycle: string; amount: string }>(
    database,
    `select s.id, s.name, s.lifecycle, b.amount::text as amount from servers s
     join server_billing b on b.server_id = s.id where s.id = any(?)`,
    [[renamed.serverId, deleted.serverId, other.serverId]],
  );
  const serverOf = (id: string) => shown.find((row) => row.id === id);
  expect(serverOf(renamed.serverId)).toMatchObject({ name: 'mine-now', amount: '77.77' });
  expect(serverOf(other.serverId)).toMatchObject({ name: `new-${other.serviceId}`, amount: '77.77' });
  expect(serverOf(deleted.serverId)).toMatchObject({ lifecycle: 'deleted' });
  expect(serverOf(deleted.serverId)?.amount).not.toBe('77.77');
  const find = (entity: string, id: number) =>
    items.find((item) => item.entity === entity && item.sourceId === id);
  expect(find('service', deleted.serviceId)?.line).toContain('deleted_in_berth');
  expect(await User.query(database).findById(renamed.ownerId)).toMatchObject({
    name: 'Chosen',
    passwordHash: '$argon2id$chosen',
  });
  expect(await User.query(database).findById(other.ownerId)).toMatchObject({
    name: 'Fresh Name',
    passwordHash: expect.stringMatching(/^\$2y\$10\$f/),
  });
  // What nobody changed is as it was.
  const changed = await faults.count(`migration_items where change = 'changed'`);
  expect(changed).toBe(4);
});

it('leaves no password and no hash of one anywhere but where they belong', async () => {
  const { database, mariadb } = faults.estate;
  await faults.alterSource('ALTER USER whmcs_reader ACCOUNT LOCK');
  const run = await faults.begin();
  await faults.untilStatus(run, 'paused');
  await faults.alterSource('ALTER USER whmcs_reader ACCOUNT UNLOCK');
  await resumeRun(run, { queuePrefix: faults.temporal.queuePrefix });
  await faults.untilStatus(run, 'succeeded');
  expect(await faults.count('migration_passwords')).toBe(0);

  const users = await User.query(database).whereNotNull('passwordHash');
  expect(users.length).toBeGreaterThan(10);
  const secrets = [
    new URL(mariadb.readerUrl).password,
    ...users.flatMap(({ passwordHash }) => passwordHash ?? []),
  ];
  const { client } = faults.temporal;
  const workflowId = migrationWorkflowId(run.runId);
  await client.workflow.getHandle(workflowId).result();
  const ranges = await queryRows<{ id: string }>(
    database,
    // A single range has no workflow of its own.
    `select stage || '/' || entity || '/' || after_id as id
     from (select *, count(*) over (partition by stage, entity) as ranges from migration_ranges) r
     where ranges > 1 order by stage desc, 1`,
  );
  const ids = [workflowId, ...ranges.map(({ id }) => `${workflowId}/${id}`)];
  const said: string[] = [];
  for (const id of ids) {
    const handle = client.workflow.getHandle(id);
    said.push(readable(await handle.fetchHistory()), readable(await handle.describe()));
  }
  for (const write of [reportJson, reportHtml, reportCsv]) {
    const out = new PassThrough();
    const [report] = await Promise.all([text(out), write(database, run.runId, out)]);
    said.push(report);
  }
  const { summary, ...row } = await MigrationRun.query(database).findById(run.runId).throwIfNotFound();
  said.push(JSON.stringify([summary, row]), JSON.stringify(await database('provenance')));
  said.push(JSON.stringify(await database('migration_items')));
  expect(said.every((one) => one.length > 100)).toBe(true);
  for (const secret of secrets) expect(said.filter((one) => one.includes(secret))).toEqual([]);
  await recordHistory('migrate-source-refused', client.workflow.getHandle(workflowId));
  await recordHistory('migrate-range-read', client.workflow.getHandle(ids[1] ?? ''));

  expect(await dropSecrets(database, { hashes: true })).toEqual({ sources: 1, hashes: users.length });
  expect(await faults.count(`secrets where purpose = 'migration-source'`)).toBe(0);
  expect(await User.query(database).whereNotNull('passwordHash')).toEqual([]);
});
