import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { MODULE_TABLES, PLAN_TABLES } from '../migrate/legacy/module-tables.ts';
import type { MigrationEstate } from './migration-estate.ts';
import { createScratch } from './scratch-database.ts';

/** Everything Berth reads of a source that has these modules. */
const TABLES = [
  'tbladdons',
  'tblcancelrequests',
  'tblclients',
  'tblcurrencies',
  'tblcustomfields',
  'tblcustomfieldsvalues',
  'tblhosting',
  'tblhostingaddons',
  'tblhostingconfigoptions',
  'tblmodulequeue',
  'tblproductconfiglinks',
  'tblproductconfigoptions',
  'tblproductconfigoptionssub',
  'tblproducts',
  'tblservers',
  'tblupgrades',
  'tblusers',
  'tblusers_clients',
  ...Object.values(MODULE_TABLES).map(({ table }) => table),
  ...Object.values(PLAN_TABLES),
];

/**
 * Copies the tables Berth reads, as they are, into a database of the same server; undefined when pgloader is not
 * installed. Its own defaults, but for dates: a zero date becomes null, which the column has to allow.
 */
export async function copyWithPgloader({
  databaseUrl,
  sourceUrl,
  folder,
}: MigrationEstate): Promise<{ ms: number; rows: number } | undefined> {
  const found = await execa('pgloader', ['--version'], { reject: false });
  if (found.failed) return undefined;
  await using scratch = await createScratch(databaseUrl, 'pgloader');
  const file = join(folder, 'pgloader.load');
  await writeFile(
    file,
    `LOAD DATABASE FROM ${sourceUrl} INTO ${scratch.url}
     WITH include drop, create tables, create indexes, reset no sequences
     CAST type date to date drop not null drop default using zero-dates-to-null,
       type datetime to timestamptz drop not null drop default using zero-dates-to-null,
       type timestamp to timestamptz drop not null drop default using zero-dates-to-null
     INCLUDING ONLY TABLE NAMES MATCHING ${TABLES.map((name) => `'${name}'`).join(', ')};`,
    { mode: 0o600 },
  );
  const startedAt = performance.now();
  const { all } = await execa('pgloader', ['--root-dir', folder, file], { all: true });
  const ms = performance.now() - startedAt;
  const [, errors, rows] = /Total import time\s+(\S+)\s+(\d+)/.exec(all) ?? [];
  if (rows === undefined || /\bERROR\b/.test(all)) throw new Error(`pgloader (${errors} errors):\n${all}`);
  return { ms, rows: Number(rows) };
}
