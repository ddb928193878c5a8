import { countProblems, type SourceProblem } from './count-problems.ts';
import { findWriteGrants, type Source } from './legacy/connect-source.ts';
import { readCatalogue, type Catalogue } from './legacy/read-catalogue.ts';
import { suggestField, suggestUnit, type Suggestion } from './suggest.ts';
import { cleanText, normaliseName, type TextPolicy } from './transforms/text.ts';

export interface NameReport {
  /** As the mapping file would name it. */
  name: string;
  /** As the source spells it. */
  label: string;
  products: number[];
  services: number;
  samples: { text: string; services: number }[];
  suggestion?: Suggestion;
}

export interface Inspection {
  source: string;
  whmcsVersion: string;
  databaseVersion: string;
  serverTimeZone: string;
  writeGrants: string[];
  counts: Record<string, number>;
  statuses: Record<string, number>;
  cycles: Record<string, number>;
  products: { id: number; name: string; type: string; module: string; services: number; live: number }[];
  servers: { id: number; name: string; module: string; hostname: string; services: number }[];
  modules: { module: string; table: string; rows: number }[];
  options: (NameReport & { type: string })[];
  customFields: (NameReport & { isSecret: boolean; isGlobal: boolean })[];
  addons: NameReport[];
  /** Columns that hold text, by charset; and what no snapshot covers. */
  charsets: Record<string, number>;
  tablesWithoutTransactions: string[];
  problems: SourceProblem[];
}

/** Names are shown as a mapping with the usual settings would see them. */
const POLICY: TextPolicy = { entities: 'decode-once', charset: 'as-declared' };
const SAMPLES = 8;
const LIVE = `domainstatus IN ('Active', 'Suspended', 'Completed')`;
const OPTION_TYPES: Record<string, string> = { 1: 'dropdown', 2: 'radio', 3: 'yes/no', 4: 'quantity' };

/** Looks at the source as a whole. Reads only; no secret is in the answer. */
export async function inspectSource(source: Source): Promise<Inspection> {
  const catalogue = await readCatalogue(source);
  const perProduct = await source.select(
    `SELECT packageid AS id, COUNT(*) AS services, SUM(${LIVE}) AS live FROM tblhosting GROUP BY packageid`,
  );
  const perServer = await countBy(source, 'tblhosting', 'server');
  const productRows = new Map(perProduct.map((row) => [Number(row['id']), row]));
  return {
    source: source.label,
    ...(await readVersions(source)),
    writeGrants: await findWriteGrants(source),
    counts: await readCounts(source),
    statuses: await countBy(source, 'tblhosting', 'domainstatus'),
    cycles: await countBy(source, 'tblhosting', 'billingcycle'),
    products: [...catalogue.products.values()].map(({ id, name, type, servertype }) => ({
      id,
      name: cleanText(name, POLICY),
      type,
      module: servertype,
      services: Number(productRows.get(id)?.['services'] ?? 0),
      live: Number(productRows.get(id)?.['live'] ?? 0),
    })),
    servers: [...catalogue.servers.values()].map(({ id, name, type, hostname }) => ({
      id,
      name: cleanText(name, POLICY),
      module: type,
      hostname,
      services: perServer[String(id)] ?? 0,
    })),
    modules: await readModules(source, catalogue),
    options: await readOptions(source, catalogue),
    customFields: await readCustomFields(source, catalogue),
    addons: await readAddons(source),
    charsets: await readCharsets(source),
    tablesWithoutTransactions: await readEngines(source),
    problems: await countProblems(source),
  };
}

async function countBy(source: Source, table: string, column: string): Promise<Record<string, number>> {
  const rows = await source.select(
    `SELECT \`${column}\` AS name, COUNT(*) AS n FROM \`${table}\` GROUP BY \`${column}\` ORDER BY n DESC`,
  );
  return Object.fromEntries(rows.map((row) => [textOf(row['name']), Number(row['n'])]));
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

async function readVersions(source: Source) {
  const settings = await source.select(`SELECT value FROM tblconfiguration WHERE setting = 'Version'`);
  const [server] = await source.select('SELECT VERSION() AS version, @@system_time_zone AS zone');
  return {
    whmcsVersion: textOf(settings[0]?.['value']) || 'unknown',
    databaseVersion: textOf(server?.['version']),
    serverTimeZone: textOf(server?.['zone']),
  };
}

async function readCounts(source: Source): Promise<Record<string, number>> {
  const tables = ['tblclients', 'tblusers', 'tblusers_clients', 'tblhosting', 'tblhostingaddons'];
  const more = ['tblhostingconfigoptions', 'tblcustomfieldsvalues'];
  const counts = await Promise.all(
    [...tables, ...more].map(async (table): Promise<[string, number]> => {
      const [row] = await source.select(`SELECT COUNT(*) AS n FROM \`${table}\``);
      return [table, Number(row?.['n'])];
    }),
  );
  return Object.fromEntries(counts);
}

async function readModules(source: Source, { moduleTables }: Catalogue): Promise<Inspection['modules']> {
  return Promise.all(
    [...moduleTables].map(async ([module, { table }]) => {
      const [row] = await source.select(`SELECT COUNT(*) AS n FROM \`${table}\``);
      return { module, table, rows: Number(row?.['n']) };
    }),
  );
}

async function readOptions(source: Source, catalogue: Catalogue): Promise<Inspection['options']> {
  const rows = await source.select(
    `SELECT o.configid, o.optionid, h.packageid, COUNT(*) AS n FROM tblhostingconfigoptions o
     JOIN tblhosting h ON h.id = o.relid WHERE h.${LIVE} GROUP BY o.configid, o.optionid, h.packageid`,
  );
  const byOption = Map.groupBy(rows, (row) => Number(row['configid']));
  return [...catalogue.options.values()].map((option) => {
    const products = [...catalogue.linkedGroups]
      .filter(([, groups]) => groups.has(option.gid))
      .map(([id]) => id);
    const chosen = (byOption.get(option.id) ?? []).filter((row) =>
      products.includes(Number(row['packageid'])),
    );
    const samples = [...catalogue.subOptions.values()]
      .filter(({ configid }) => configid === option.id)
      .map(({ id, optionname }) => ({
        text: optionname,
        services: chosen
          .filter((row) => Number(row['optionid']) === id)
          .reduce((sum, row) => sum + Number(row['n']), 0),
      }));
    return {
      ...report(
        option.optionname,
        products.toSorted((a, b) => a - b),
        samples,
      ),
      type: OPTION_TYPES[option.optiontype.trim()] ?? 'unknown',
    };
  });
}

const SECRET = /pass|secret|token|\bkey\b|\bpin\b/i;

async function readCustomFields(source: Source, catalogue: Catalogue): Promise<Inspection['customFields']> {
  const rows = await source.select(
    `SELECT v.fieldid, COUNT(*) AS n, MIN(v.value) AS low, MAX(v.value) AS high FROM tblcustomfieldsvalues v
     JOIN tblcustomfields f ON f.id = v.fieldid AND f.type = 'product' WHERE v.value <> '' GROUP BY v.fieldid`,
  );
  const byField = new Map(rows.map((row) => [Number(row['fieldid']), row]));
  return [...catalogue.customFields.values()]
    .filter(({ type }) => type === 'product')
    .map(({ id, relid, fieldname, fieldtype }) => {
      const row = byField.get(id);
      const isSecret = fieldtype === 'password' || SECRET.test(fieldname);
      const values = isSecret ? [] : [...new Set([textOf(row?.['low']), textOf(row?.['high'])])];
      const samples = values.filter((text) => text !== '').map((text) => ({ text, services: 0 }));
      const services = Number(row?.['n'] ?? 0);
      return {
        ...report(fieldname, relid === 0 ? [] : [relid], samples),
        services,
        isSecret,
        isGlobal: relid === 0,
      };
    });
}

async function readAddons(source: Source): Promise<NameReport[]> {
  const rows = await source.select(
    `SELECT COALESCE(NULLIF(a.name, ''), d.name, '') AS name, COUNT(*) AS n FROM tblhostingaddons a
     LEFT JOIN tbladdons d ON d.id = a.addonid JOIN tblhosting h ON h.id = a.hostingid
     WHERE a.status IN ('Active', 'Suspended', 'Completed') GROUP BY 1 ORDER BY n DESC`,
  );
  return rows.map((row) => ({ ...report(textOf(row['name']), [], []), services: Number(row['n']) }));
}

function report(stored: string, products: number[], samples: NameReport['samples']): NameReport {
  const name = normaliseName(stored, POLICY);
  const field = suggestField(name, cleanText(stored, POLICY));
  const texts = samples.map(({ text }) => text);
  return {
    name,
    label: cleanText(stored, POLICY),
    products,
    services: samples.reduce((sum, { services }) => sum + services, 0),
    samples: samples
      .toSorted((a, b) => b.services - a.services)
      .slice(0, SAMPLES)
      .map(({ text, services }) => ({ text: cleanText(text, POLICY), services })),
    ...(field ? { suggestion: suggestUnit(field, texts) } : {}),
  };
}

async function readCharsets(source: Source): Promise<Record<string, number>> {
  const rows = await source.select(
    `SELECT CONCAT(CHARACTER_SET_NAME, ' / ', COLLATION_NAME) AS name, COUNT(*) AS n FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = DATABASE() AND CHARACTER_SET_NAME IS NOT NULL GROUP BY 1 ORDER BY n DESC`,
  );
  return Object.fromEntries(rows.map((row) => [textOf(row['name']), Number(row['n'])]));
}

async function readEngines(source: Source): Promise<string[]> {
  const rows = await source.select(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND ENGINE IS NOT NULL AND ENGINE <> 'InnoDB' ORDER BY 1`,
  );
  return rows.map((row) => textOf(row['name']));
}
