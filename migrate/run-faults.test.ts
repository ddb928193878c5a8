import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { cancelRun, resumeRun } from './steer-run.ts';
import { mountSmallDisk } from '../tests/small-disk.ts';
import { createFaultsEstate, type FaultsEstate, type ItemLine } from '../tests/faults-estate.ts';
import { queryRows } from '../db/query-rows.ts';

let faults: FaultsEstate;
beforeAll(async () => {
  faults = await createFaultsEstate({ seed: 'faults', size: 120, mess: 2 });
});
beforeEach(() => faults.reset());
afterAll(() => faults?.close());

const QUEUE = () => ({ queuePrefix: faults.temporal.queuePrefix });

/** Ids of rows that an undisturbed run migrates. */
const migrated = (entity: ItemLine['entity']) =>
  faults.undisturbed.items.flatMap((item) =>
    item.entity === entity && item.outcome === 'migrated' ? [item.sourceId] : [],
  );

/** A client that an undisturbed run migrates together with services of it. */
function clientWithServices(): number {
  const owner = faults.undisturbed.items.find(
    ({ clientId, outcome }) => clientId !== null && outcome === 'migrated',
  );
  return owner?.clientId ?? 0;
}

/** What differs from an undisturbed run, as lines `entity id code`. */
async function differences(runId: string): Promise<string[]> {
  const former = new Map(
    faults.undisturbed.items.map((item) => [`${item.entity} ${item.sourceId}`, item.line]),
  );
  const items = await faults.items(runId);
  expect(items.length).toBe(former.size);
  return items.flatMap(({ entity, sourceId, code, line }) =>
    former.get(`${entity} ${sourceId}`) === line ? [] : [`${entity} ${sourceId} ${code}`],
  );
}

it('pauses while the source is away and goes on by itself when it is back', async () => {
  const held = await faults.holdRow('migration_items', `new.source_id = ${migrated('service')[10]}`);
  const run = await faults.begin();
  await held.reached();
  await faults.estate.stopSource();
  await held.release();
  const paused = await faults.untilStatus(run, 'paused');
  expect(paused).toMatchObject({ phase: 'servers', causeCode: 'source_unreachable' });
  expect(await faults.count('migration_items')).toBeGreaterThan(0);
  // It looks again, and says meanwhile what it looks for.
  expect(await faults.untilStatus(run, 'running')).toMatchObject({ causeCode: 'source_unreachable' });
  await faults.estate.startSource();
  expect(await faults.untilStatus(run, 'succeeded')).toMatchObject({ causeCode: null, causeMessage: null });
  expect(await faults.content()).toEqual(faults.undisturbed.content);
});

it('waits for somebody when the source refuses the login, and names the column that is missing', async () => {
  await faults.alterSource(
    'ALTER USER whmcs_reader ACCOUNT LOCK',
    'ALTER TABLE tblhosting RENAME COLUMN dedicatedip TO main_ip',
  );
  const run = await faults.begin();
  expect(await faults.untilStatus(run, 'paused')).toMatchObject({ causeCode: 'source_refused' });
  await faults.alterSource('ALTER USER whmcs_reader ACCOUNT UNLOCK');
  await resumeRun(run, QUEUE());
  const paused = await faults.untilStatus(run, 'paused');
  expect(paused).toMatchObject({ phase: 'servers', causeCode: 'source_schema' });
  expect(paused.causeMessage).toContain('dedicatedip');
  await faults.alterSource('ALTER TABLE tblhosting RENAME COLUMN main_ip TO dedicatedip');
  await resumeRun(run, QUEUE());
  await faults.untilStatus(run, 'succeeded');
  expect(await faults.content()).toEqual(faults.undisturbed.content);
});

it('names the cluster that Berth does not know, and what to do about it', async () => {
  const mapping = faults.estate.mappingText.replaceAll('cluster: ams1', 'cluster: lon9');
  const run = await faults.begin({ mapping });
  const { causeCode, causeMessage } = await faults.untilStatus(run, 'paused');
  expect([causeCode, causeMessage]).toEqual([
    'cluster_unknown',
    'the mapping names lon9, which Berth does not know: add it with npm run cluster:add and resume, or cancel and correct the mapping',
  ]);
  await cancelRun(run);
  await faults.untilStatus(run, 'cancelled');
});

it('goes on by itself when a cluster that did not answer does', async () => {
  faults.estate.simulators.ams1.faults.add({ action: 'drop', count: 10_000 });
  const run = await faults.begin();
  const paused = await faults.untilStatus(run, 'paused');
  expect(paused).toMatchObject({ phase: 'clusters', causeCode: 'cluster_unreachable' });
  expect(paused.causeMessage).toContain('ams1');
  faults.estate.simulators.ams1.faults.clear();
  await faults.untilStatus(run, 'succeeded');
  expect(await faults.content()).toEqual(faults.undisturbed.content);
});

it('waits for room while PostgreSQL’s disk is full, and loses nothing', async ({ skip }) => {
  const { database } = faults.estate;
  const [server] = await queryRows<{ dir: string }>(
    database,
    `select current_setting('data_directory') as dir`,
  );
  const disk = await mountSmallDisk(server?.dir ?? '');
  if (!disk) return skip('no file system can be mounted here: it takes root');
  try {
    await database.raw(`create tablespace small_disk location '${disk.dir}'`);
    await database.raw('alter table migration_items set tablespace small_disk');
    await disk.fill();
    const run = await faults.begin();
    expect(await faults.untilStatus(run, 'paused')).toMatchObject({ causeCode: 'target_disk_full' });
    await disk.empty();
    await resumeRun(run, QUEUE());
    await faults.untilStatus(run, 'succeeded');
    expect(await faults.content()).toEqual(faults.undisturbed.content);
  } finally {
    await database.raw('alter table migration_items set tablespace pg_default');
    await database.raw('drop tablespace if exists small_disk');
    await disk.remove();
  }
});

it('sets exactly the rows aside that it cannot read, and asks when they are too many', async () => {
  const ids = [3, 30, 31].map((index) => migrated('service')[index]);
  await faults.alterSource(
    'ALTER TABLE tblhosting MODIFY packageid TEXT',
    `UPDATE tblhosting SET packageid = 'abc' WHERE id IN (${ids.join()})`,
  );
  const run = await faults.begin({ options: { maxErrors: 2 } });
  const paused = await faults.untilStatus(run, 'paused');
  expect(paused).toMatchObject({ phase: 'servers', causeCode: 'too_many_errors' });
  await resumeRun(run, { ...QUEUE(), options: { maxErrors: 3 } });
  await faults.untilStatus(run, 'succeeded');
  expect(await differences(run.runId)).toEqual(ids.map((id) => `service ${id} unreadable_row`));
});

it('sets a row aside whose row in a module’s table it cannot read', async () => {
  const [row] = (await faults.alterSource(
    'SELECT service_id AS id FROM mod_proxmoxvm m JOIN tblhosting h ON h.id = m.service_id ORDER BY 1 LIMIT 1',
  )) as { id: number }[];
  await faults.alterSource(
    'ALTER TABLE mod_proxmoxvm DROP INDEX mod_proxmoxvm_service_id, MODIFY service_id VARCHAR(20)',
    `UPDATE mod_proxmoxvm SET service_id = '${row?.id}.0' WHERE service_id = '${row?.id}'`,
  );
  const run = await faults.begin();
  await faults.untilStatus(run, 'succeeded');
  expect(await differences(run.runId)).toEqual([`service ${row?.id} unreadable_row`]);
});

it('takes every text that a column can hold', async () => {
  const [service = 0, other = 0] = migrated('service');
  const [client = 0] = migrated('client');
  const [user = 0] = migrated('user');
  await faults.alterSource(
    'ALTER TABLE tblhosting MODIFY domain BLOB, MODIFY suspendreason BLOB, MODIFY notes MEDIUMBLOB',
    'ALTER TABLE tblclients MODIFY companyname BLOB, MODIFY city BLOB',
    'ALTER TABLE tblusers MODIFY first_name BLOB',
    // NUL, half a surrogate pair, a byte that is no UTF-8, four bytes for one character, what COPY escapes
    `UPDATE tblhosting SET suspendreason = X'61006220EDA08020FF20F09F98800A5C2E095C4E',
       notes = REPEAT(X'F09F9880', 16384) WHERE domainstatus = 'Suspended' OR id = ${service}`,
    `UPDATE tblhosting SET domain = X'00EDA080' WHERE id = ${other}`,
    `UPDATE tblclients SET companyname = X'00F09F988000EDBFBF5C2E', city = REPEAT(X'00', 65000) WHERE id = ${client}`,
    `UPDATE tblusers SET first_name = X'F09F988000ED' WHERE id = ${user}`,
  );
  const run = await faults.begin();
  await faults.untilStatus(run, 'succeeded');
  expect((await differences(run.runId)).map((line) => line.replace(/ \w+$/, ''))).toEqual(
    expect.arrayContaining([`client ${client}`, `user ${user}`, `service ${service}`]),
  );
  const [found] = await queryRows<Record<string, number>>(
    faults.estate.database,
    `select (select count(*)::int from accounts where name like '😀%') as accounts,
       (select count(*)::int from users where name like '😀%') as users,
       (select count(*)::int from servers where suspend_reason like '%😀%') as suspended`,
  );
  expect(found).toEqual({ accounts: 1, users: 1, suspended: expect.any(Number) });
  expect(found?.['suspended']).toBeGreaterThan(0);
});

it('refuses a row that PostgreSQL cannot hold, and what belongs to it, in a dry run as in a real one', async () => {
  const [service = 0] = migrated('service').toReversed();
  const client = clientWithServices();
  await faults.alterSource(
    'ALTER TABLE tblhosting MODIFY amount DECIMAL(30,2)',
    `UPDATE tblhosting SET amount = 12345678901234567890.12 WHERE id = ${service}`,
    'ALTER TABLE tblclients MODIFY credit DECIMAL(30,2)',
    `UPDATE tblclients SET credit = 12345678901234567890.12 WHERE id = ${client}`,
  );
  const dry = await faults.begin({ dryRun: true });
  await faults.untilStatus(dry, 'succeeded');
  const real = await faults.begin();
  await faults.untilStatus(real, 'succeeded');
  const found = await differences(real.runId);
  expect(found).toContain(`client ${client} load_refused`);
  expect(found).toContain(`service ${service} load_refused`);
  expect(found.filter((line) => !/ (?:load_refused|client_not_migrated)$/.test(line))).toEqual([]);
  expect(found.filter((line) => line.endsWith('load_refused'))).toHaveLength(2);
  expect(await faults.items(dry.runId)).toEqual(await faults.items(real.runId));
});
