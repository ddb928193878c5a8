import type { ModuleTable } from '../mapping-schema.ts';
import { selectRows, type Source } from './connect-source.ts';
import { MODULE_TABLES, PLAN_TABLES } from './module-tables.ts';
import {
  LegacyAddon,
  LegacyConfigLink,
  LegacyConfigOption,
  LegacyCurrency,
  LegacyCustomField,
  LegacyPlan,
  LegacyProduct,
  LegacyServer,
  LegacySubOption,
} from './rows.ts';

/** What does not grow with the number of customers; read once and held in memory. */
export interface Catalogue {
  products: Map<number, LegacyProduct>;
  /** Groups of options by product: what is still offered with it. */
  linkedGroups: Map<number, Set<number>>;
  options: Map<number, LegacyConfigOption>;
  subOptions: Map<number, LegacySubOption>;
  customFields: Map<number, LegacyCustomField>;
  addons: Map<number, LegacyAddon>;
  servers: Map<number, LegacyServer>;
  currencies: Map<number, string>;
  /** By module, then by the plan's id. */
  plans: Map<string, Map<number, LegacyPlan>>;
  /** The module tables that are there, by module. */
  moduleTables: Map<string, ModuleTable>;
}

/** Reads products, options, fields, servers and modules. `modules` are tables only the mapping knows. */
export async function readCatalogue(
  source: Source,
  modules: Record<string, ModuleTable> = {},
): Promise<Catalogue> {
  const columns = await readColumns(source);
  const [products, links, options, subOptions, customFields, addons, servers, currencies] = await Promise.all(
    [
      selectRows(source, LegacyProduct, { from: 'tblproducts', order: 'id' }),
      selectRows(source, LegacyConfigLink, { from: 'tblproductconfiglinks', order: 'id' }),
      selectRows(source, LegacyConfigOption, { from: 'tblproductconfigoptions', order: 'id' }),
      selectRows(source, LegacySubOption, { from: 'tblproductconfigoptionssub', order: 'id' }),
      selectRows(source, LegacyCustomField, { from: 'tblcustomfields', order: 'id' }),
      selectRows(source, LegacyAddon, { from: 'tbladdons', order: 'id' }),
      selectRows(source, LegacyServer, { from: 'tblservers', order: 'id' }),
      selectRows(source, LegacyCurrency, { from: 'tblcurrencies', order: 'id' }),
    ],
  );
  const linkedGroups = new Map<number, Set<number>>();
  for (const { gid, pid } of links) linkedGroups.set(pid, (linkedGroups.get(pid) ?? new Set()).add(gid));
  return {
    products: byId(products),
    linkedGroups,
    options: byId(options),
    subOptions: byId(subOptions),
    customFields: byId(customFields),
    addons: byId(addons),
    servers: byId(servers),
    currencies: new Map(currencies.map(({ id, code }) => [id, code.trim()])),
    plans: await readPlans(source, columns),
    moduleTables: presentTables({ ...MODULE_TABLES, ...modules }, columns),
  };
}

function byId<Row extends { id: number }>(rows: Row[]): Map<number, Row> {
  return new Map(rows.map((row) => [row.id, row]));
}

async function readColumns(source: Source): Promise<Map<string, Set<string>>> {
  const rows = await source.select(
    'SELECT TABLE_NAME AS name, COLUMN_NAME AS col FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()',
  );
  const columns = new Map<string, Set<string>>();
  for (const { name, col } of rows) {
    columns.set(String(name), (columns.get(String(name)) ?? new Set()).add(String(col)));
  }
  return columns;
}

async function readPlans(source: Source, columns: Map<string, Set<string>>): Promise<Catalogue['plans']> {
  const present = Object.entries(PLAN_TABLES).filter(([, table]) => columns.has(table));
  const read = async ([module, from]: [string, string]): Promise<[string, Map<number, LegacyPlan>]> => [
    module,
    byId(await selectRows(source, LegacyPlan, { from })),
  ];
  return new Map(await Promise.all(present.map(read)));
}

/** Tables that exist, without columns older versions of the module do not have. */
function presentTables(
  tables: Record<string, ModuleTable>,
  columns: Map<string, Set<string>>,
): Map<string, ModuleTable> {
  const present = new Map<string, ModuleTable>();
  for (const [module, { table, service, ...rest }] of Object.entries(tables)) {
    const known = columns.get(table);
    if (!known?.has(service)) continue;
    const kept = Object.entries(rest).filter(([, column]) => column !== undefined && known.has(column));
    present.set(module, { table, service, ...Object.fromEntries(kept) });
  }
  return present;
}
