import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMariadb, type MariadbServer } from '../mariadb-server.ts';
import { DEFECTS, type Defect } from './defects.ts';
import { generate, readGenerated, type Summary } from './generate.ts';
import type { Change, ServiceTruth, Truth } from './truth.ts';

let dir: string;
let server: MariadbServer;
let db: mysql.Connection;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-whmcs-'));
  server = await startMariadb({ dataDir: join(dir, 'data'), durable: false });
  db = await mysql.createConnection({ uri: server.url, dateStrings: true });
});
afterAll(async () => {
  await db.end();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

async function query(text: string, values: unknown[] = []): Promise<RowDataPacket[]> {
  const [rows] = await db.query<RowDataPacket[]>(text, values);
  return rows;
}

async function count(text: string): Promise<number> {
  return Number(Object.values((await query(`SELECT COUNT(*) ${text}`))[0] ?? {})[0]);
}

async function checksums(): Promise<Record<string, unknown>> {
  const tables = (await query('SHOW TABLES')).map((row) => String(Object.values(row)[0]));
  const rows = await query(`CHECKSUM TABLE ${tables.map((name) => `\`${name}\``).join(',')}`);
  return Object.fromEntries(rows.map((row) => [row['Table'], row['Checksum']]));
}

async function readLines<T>(file: string): Promise<T[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

it('gives the same tables and truth for the same seed and others for another', async () => {
  const make = async (seed: string, name: string) => {
    await generate({ url: server.url, seed, size: 120, truthDir: join(dir, name) });
    return { tables: await checksums(), truth: await readFile(join(dir, name, 'truth.jsonl'), 'utf8') };
  };
  const first = await make('one', 'first');
  const again = await make('one', 'again');
  const other = await make('two', 'other');
  expect(again).toEqual(first);
  expect(other.tables['whmcs.tblhosting']).not.toBe(first.tables['whmcs.tblhosting']);
  expect(other.truth).not.toBe(first.truth);
});

it('makes ten services without a fault when all dials are at zero', async () => {
  const summary = await generate({ url: server.url, seed: 'clean', size: 10, mess: 0 });
  expect(summary.defects).toEqual({});
  expect(Object.keys(summary.counts).filter((key) => key.includes('quarantined'))).toEqual([]);
  expect(await count('FROM tblhosting')).toBe(10);
  expect(await readGenerated(server.url)).toEqual({ seed: 'clean', size: 10, edition: 1 });
});

describe('2,000 services with every dial up', () => {
  let summary: Summary;
  let truth: Truth[];
  let services: Map<number, ServiceTruth>;
  beforeAll(async () => {
    const truthDir = join(dir, 'messy');
    summary = await generate({ url: server.url, seed: 'messy', size: 2000, mess: 3, truthDir });
    truth = await readLines<Truth>(join(truthDir, 'truth.jsonl'));
    services = new Map(
      truth.filter((row) => row.entity === 'service').map((row) => [row.sourceId, row] as const),
    );
  });

  it('has a truth for every row of clients, users and services, and no other', async () => {
    const idsOf = async (table: string) =>
      (await query(`SELECT id FROM ${table} ORDER BY id`)).map((row) => Number(row['id']));
    const known = (entity: Truth['entity']) =>
      truth
        .flatMap((row) => (row.entity === entity && row.entity !== 'vm' ? [row.sourceId] : []))
        .toSorted((a, b) => a - b);
    expect(known('service')).toEqual(await idsOf('tblhosting'));
    expect(known('client')).toEqual(await idsOf('tblclients'));
    expect(known('user')).toEqual(await idsOf('tblusers'));
  });

  it('has all statuses, all cycles, three currencies and zero dates', async () => {
    expect(await count('FROM (SELECT DISTINCT domainstatus FROM tblhosting) s')).toBe(7);
    expect(
      await count(
        "FROM (SELECT DISTINCT billingcycle FROM tblhosting WHERE billingcycle <> 'Every Full Moon') s",
      ),
    ).toBe(8);
    expect(await count('FROM (SELECT DISTINCT currency FROM tblclients) s')).toBe(3);
    expect(await count("FROM tblhosting WHERE nextduedate = '0000-00-00'")).toBeGreaterThan(0);
  });

  it('puts in every defect that has a dial', () => {
    const rows = ['invitedUser', 'multiClientUser', 'nonAsciiName', 'orphanMembership'];
    const strays = ['unclaimedVm', 'strayOptionRow', 'strayFieldValue', 'strayModuleRow', 'strayAddon'];
    const expected = Object.keys(DEFECTS).filter((name) => ![...rows, ...strays].includes(name));
    expect(Object.keys(summary.defects).toSorted()).toEqual(expected.toSorted());
  });

  it.each([
    ['orphanClient', 'FROM tblhosting h LEFT JOIN tblclients c ON c.id = h.userid WHERE c.id IS NULL'],
    ['orphanProduct', 'FROM tblhosting h LEFT JOIN tblproducts p ON p.id = h.packageid WHERE p.id IS NULL'],
    [
      'orphanServer',
      'FROM tblhosting h LEFT JOIN tblservers s ON s.id = h.server WHERE h.server > 0 AND s.id IS NULL',
    ],
    [
      'missingDueDate',
      "FROM tblhosting WHERE domainstatus IN ('Active','Suspended') AND billingcycle NOT IN ('Free Account','One Time') AND nextduedate = '0000-00-00'",
    ],
    ['unknownCycle', "FROM tblhosting WHERE billingcycle = 'Every Full Moon'"],
    ['negativeAmount', 'FROM tblhosting WHERE amount < 0'],
    ['severalQuantity', 'FROM tblhosting WHERE qty > 1'],
    ['orphanRequiredOption', 'FROM tblhostingconfigoptions WHERE configid = 9901'],
    [
      'orphanSubOption',
      'FROM tblhostingconfigoptions o LEFT JOIN tblproductconfigoptionssub s ON s.id = o.optionid WHERE s.id IS NULL AND o.configid < 9000',
    ],
    [
      'mismatchedSubOption',
      'FROM tblhostingconfigoptions o JOIN tblproductconfigoptionssub s ON s.id = o.optionid WHERE s.configid <> o.configid AND o.configid < 9000',
    ],
    ['unmappedOption', 'FROM tblhostingconfigoptions WHERE configid = 372'],
    ['unitUndeclared', 'FROM tblhostingconfigoptions WHERE configid = 373'],
    [
      'conflictingRows',
      'FROM (SELECT relid FROM tblhostingconfigoptions GROUP BY relid, configid HAVING COUNT(DISTINCT optionid) > 1) d',
    ],
    [
      'duplicateRows',
      'FROM (SELECT relid FROM tblhostingconfigoptions GROUP BY relid, configid HAVING COUNT(*) > 1 AND COUNT(DISTINCT optionid) = 1) d',
    ],
    ['leftoverOptions', 'FROM tblhostingconfigoptions WHERE configid = 361'],
    [
      'conflictingFields',
      "FROM (SELECT relid FROM tblcustomfieldsvalues WHERE fieldid = 801 AND value <> '' GROUP BY relid HAVING COUNT(*) > 1) d",
    ],
    ['emptyFieldRow', "FROM tblcustomfieldsvalues WHERE fieldid = 801 AND value = ''"],
    [
      'orphanField',
      'FROM tblcustomfieldsvalues v LEFT JOIN tblcustomfields f ON f.id = v.fieldid WHERE f.id IS NULL',
    ],
    ['vmidNull', 'FROM mod_pvewhmcs_vms WHERE vmid IS NULL'],
    ['hostnameMissing', "FROM tblhosting WHERE domain = ''"],
    ['badHostname', "FROM tblhosting WHERE domain LIKE 'Host\\_%'"],
    ['badIp', "FROM tblhosting WHERE assignedips LIKE '%ticket%'"],
    ['importedGuest', "FROM tblhosting WHERE notes LIKE 'PVEWHMCS: Imported%'"],
    ['pendingUpgrade', "FROM tblupgrades WHERE status = 'Pending'"],
    ['queuedAction', 'FROM tblmodulequeue WHERE completed = 0'],
    ['cancelRequest', 'FROM (SELECT DISTINCT relid FROM tblcancelrequests) r'],
    [
      'missingOwner',
      'FROM tblclients c WHERE NOT EXISTS (SELECT 1 FROM tblusers_clients m WHERE m.client_id = c.id AND m.owner = 1)',
    ],
    [
      'severalOwners',
      'FROM (SELECT client_id FROM tblusers_clients WHERE owner = 1 GROUP BY client_id HAVING COUNT(*) > 1) o',
    ],
    ['contact', 'FROM tblcontacts'],
  ] satisfies [Defect, string][])('shows %s in the tables as often as in the truth', async (defect, sql) => {
    const inTables = await count(sql);
    // A second owner is left out when the user who should be it does not exist, or is the first.
    if (defect === 'severalOwners') expect(inTables).toBeLessThanOrEqual(summary.defects[defect] ?? 0);
    else expect(inTables).toBe(summary.defects[defect]);
    expect(inTables).toBeGreaterThan(0);
  });

  it('shows strays, invitations, users of several clients and memberships without a user', async () => {
    const gone = (table: string, column: string) =>
      count(`FROM ${table} t LEFT JOIN tblhosting h ON h.id = t.${column} WHERE h.id IS NULL`);
    expect(await gone('tblhostingconfigoptions', 'relid')).toBeGreaterThan(0);
    expect(await gone('mod_proxmoxvm', 'service_id')).toBeGreaterThan(0);
    expect(await gone('tblhostingaddons', 'hostingid')).toBeGreaterThan(0);
    expect(await count('FROM tblusers_clients WHERE owner = 0')).toBeGreaterThan(0);
    expect(
      await count(
        'FROM (SELECT auth_user_id FROM tblusers_clients WHERE owner = 1 GROUP BY 1 HAVING COUNT(*) > 1) u',
      ),
    ).toBeGreaterThan(0);
    expect(
      await count('FROM tblusers_clients m LEFT JOIN tblusers u ON u.id = m.auth_user_id WHERE u.id IS NULL'),
    ).toBeGreaterThan(0);
    expect(await count("FROM tblclients WHERE firstname = '\u0418\u0432\u0430\u043d'")).toBeGreaterThan(0);
  });

  it('agrees with the tables on status, amount, due date and currency of what is to be migrated', async () => {
    const rows = await query(
      `SELECT h.id, h.domainstatus, h.amount, h.nextduedate, h.billingcycle, y.code FROM tblhosting h
       JOIN tblclients c ON c.id = h.userid JOIN tblcurrencies y ON y.id = c.currency`,
    );
    for (const row of rows) {
      const target = services.get(Number(row['id']))?.target;
      if (!target) continue;
      expect(target).toMatchObject({
        status: String(row['domainstatus']).toLowerCase(),
        amount: row['amount'],
        cycle: row['billingcycle'],
        currency: row['code'],
        nextDue: row['nextduedate'] === '0000-00-00' ? null : row['nextduedate'],
      });
    }
  });

  it('never lets two migrated services share a VM, although the clusters share their VMIDs', () => {
    const bindings = [...services.values()].flatMap(({ target }) => (target ? [target.binding] : []));
    const keys = bindings.map(({ cluster, vmid }) => `${cluster}/${vmid}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(bindings.map(({ vmid }) => vmid)).size).toBeLessThan(keys.length);
    const existing = new Set(
      truth.flatMap((row) =>
        row.entity === 'vm' && row.state === 'bound' ? [`${row.cluster}/${row.vmid}`] : [],
      ),
    );
    expect(existing).toEqual(new Set(keys));
  });

  it('lets a reader read and not write', async () => {
    const reader = await mysql.createConnection({ uri: server.readerUrl });
    await reader.query('SELECT COUNT(*) FROM mod_pvewhmcs_vms');
    await expect(reader.query("UPDATE tblhosting SET notes = ''")).rejects.toThrow('denied');
    await reader.end();
  });
});

it('lists in the second edition exactly the rows whose truth differs', async () => {
  const options = { url: server.url, seed: 'twice', size: 600 };
  await generate({ ...options, truthDir: join(dir, 'v1') });
  await generate({ ...options, edition: 2, truthDir: join(dir, 'v2') });
  const index = async (name: string) => {
    const rows = await readLines<Truth>(join(dir, name, 'truth.jsonl'));
    return new Map(
      rows.flatMap((row) =>
        row.entity === 'vm' ? [] : [[`${row.entity} ${row.sourceId}`, JSON.stringify(row)] as const],
      ),
    );
  };
  const [before, after] = [await index('v1'), await index('v2')];
  const differing = [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => before.get(key) !== after.get(key),
  );
  const changes = await readLines<Change>(join(dir, 'v2', 'changes.jsonl'));
  expect(changes.map(({ entity, sourceId }) => `${entity} ${sourceId}`).toSorted()).toEqual(
    differing.toSorted(),
  );
  const kinds = new Set(changes.map(({ entity, change }) => `${entity} ${change}`));
  expect([...kinds]).toEqual(expect.arrayContaining(['service added', 'service changed', 'service removed']));
  expect(differing.length).toBeLessThan(before.size / 5);
});
