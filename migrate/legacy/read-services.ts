import { parseRows, selectRows, type Source } from './connect-source.ts';
import type { Catalogue } from './read-catalogue.ts';
import { countOwners } from './read-people.ts';
import {
  LegacyCancelRequest,
  LegacyFieldValue,
  LegacyModuleRow,
  LegacyQueuedAction,
  LegacyService,
  LegacyServiceAddon,
  LegacyServiceOption,
  LegacyUpgrade,
} from './rows.ts';

/** What a service needs to know about its client. */
export interface ServiceClient {
  id: number;
  currency: number;
  status: string;
  /** Memberships that say owner, of users who are there. */
  owners: number;
}

/** A service and everything that points at it. */
export interface ServiceBundle {
  service: LegacyService;
  client: ServiceClient | null;
  options: LegacyServiceOption[];
  fieldValues: LegacyFieldValue[];
  addons: LegacyServiceAddon[];
  upgrades: LegacyUpgrade[];
  cancelRequests: LegacyCancelRequest[];
  queuedActions: LegacyQueuedAction[];
  moduleRows: LegacyModuleRow[];
}

/** The next services after an id, in order of ids, each with all it has: a fixed number of queries per page. */
export async function readServicePage(
  source: Source,
  catalogue: Catalogue,
  { after, limit, upTo }: { after: number; limit: number; upTo?: number },
): Promise<ServiceBundle[]> {
  const services = await selectRows(source, LegacyService, {
    from: 'tblhosting',
    where: upTo === undefined ? 'id > ?' : 'id > ? AND id <= ?',
    order: 'id',
    limit,
    values: upTo === undefined ? [after] : [after, upTo],
  });
  return bundle(source, catalogue, services);
}

/** One service with all it has; undefined when there is none of that id. */
export async function readService(
  source: Source,
  catalogue: Catalogue,
  id: number,
): Promise<ServiceBundle | undefined> {
  const services = await selectRows(source, LegacyService, {
    from: 'tblhosting',
    where: 'id = ?',
    values: [id],
  });
  return (await bundle(source, catalogue, services))[0];
}

async function bundle(
  source: Source,
  catalogue: Catalogue,
  services: LegacyService[],
): Promise<ServiceBundle[]> {
  if (services.length === 0) return [];
  // In order of ids, and with none left out in between: a range is quicker than a list.
  const bounds: [number, number] = [services[0]?.id ?? 0, services.at(-1)?.id ?? 0];
  const related = (from: string, column: string) => ({
    from,
    where: `\`${column}\` BETWEEN ? AND ?`,
    order: 'id',
    values: bounds,
  });
  const [clients, options, fieldValues, addons, upgrades, cancelRequests, queuedActions, moduleRows] =
    await Promise.all([
      readServiceClients(source, [...new Set(services.map(({ userid }) => userid))]),
      selectRows(source, LegacyServiceOption, related('tblhostingconfigoptions', 'relid')),
      selectRows(source, LegacyFieldValue, related('tblcustomfieldsvalues', 'relid')),
      selectRows(source, LegacyServiceAddon, related('tblhostingaddons', 'hostingid')),
      selectRows(source, LegacyUpgrade, related('tblupgrades', 'relid')),
      selectRows(source, LegacyCancelRequest, related('tblcancelrequests', 'relid')),
      selectRows(source, LegacyQueuedAction, related('tblmodulequeue', 'service_id')),
      readModuleRows(source, catalogue, bounds),
    ]);
  const optionsOf = groupBy(options, ({ relid }) => relid);
  const fieldValuesOf = groupBy(fieldValues, ({ relid }) => relid);
  const addonsOf = groupBy(addons, ({ hostingid }) => hostingid);
  const upgradesOf = groupBy(upgrades, ({ relid }) => relid);
  const cancelRequestsOf = groupBy(cancelRequests, ({ relid }) => relid);
  const queuedActionsOf = groupBy(queuedActions, ({ service_id }) => service_id);
  const moduleRowsOf = groupBy(moduleRows, ({ service }) => service);
  return services.map((service) => ({
    service,
    client: clients.get(service.userid) ?? null,
    options: optionsOf.get(service.id) ?? [],
    fieldValues: fieldValuesOf.get(service.id) ?? [],
    addons: addonsOf.get(service.id) ?? [],
    upgrades: upgradesOf.get(service.id) ?? [],
    cancelRequests: cancelRequestsOf.get(service.id) ?? [],
    queuedActions: (queuedActionsOf.get(service.id) ?? []).filter(
      ({ service_type }) => service_type !== 'addon',
    ),
    moduleRows: moduleRowsOf.get(service.id) ?? [],
  }));
}

function groupBy<Row>(rows: Row[], key: (row: Row) => number): Map<number, Row[]> {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(row);
    else groups.set(key(row), [row]);
  }
  return groups;
}

async function readServiceClients(source: Source, ids: number[]): Promise<Map<number, ServiceClient>> {
  const [rows, owners] = await Promise.all([
    source.select('SELECT id, currency, status FROM tblclients WHERE id IN (?)', [ids]),
    countOwners(source),
  ]);
  return new Map(
    rows.map((row) => [
      Number(row['id']),
      {
        id: Number(row['id']),
        currency: Number(row['currency']),
        status: String(row['status']),
        owners: owners.get(Number(row['id'])) ?? 0,
      },
    ]),
  );
}

async function readModuleRows(
  source: Source,
  catalogue: Catalogue,
  bounds: [number, number],
): Promise<LegacyModuleRow[]> {
  const perTable = [...catalogue.moduleTables].map(async ([module, columns]) => {
    const { table, service } = columns;
    const select = (['vmid', 'node', 'kind', 'address'] as const).map((name) => {
      const column = columns[name];
      return `${column ? `\`${column}\`` : 'NULL'} AS \`${name}\``;
    });
    const rows = await source.select(
      `SELECT \`${service}\` AS service, ${select.join(', ')} FROM \`${table}\` WHERE \`${service}\` BETWEEN ? AND ? ORDER BY \`${service}\``,
      bounds,
    );
    return parseRows(LegacyModuleRow, table, rows).map((row) => ({ ...row, module, table }));
  });
  return (await Promise.all(perTable)).flat();
}
