import { alignColumns } from './align-columns.ts';
import type { Inspection, NameReport } from './inspect-source.ts';

const SHOWN_SAMPLES = 4;

/** For a terminal. */
export function describeInspection(inspection: Inspection): string {
  const { source, whmcsVersion, databaseVersion, serverTimeZone } = inspection;
  const sections: [string, string[][]][] = [
    ['Rows', pairs(inspection.counts)],
    ['Services by status', pairs(inspection.statuses)],
    ['Services by billing cycle', pairs(inspection.cycles)],
    ['Products (id, name, type, module, services, of these live)', inspection.products.map(productLine)],
    [
      'Servers (id, name, module, host name, services)',
      inspection.servers.map(({ id, name, module, hostname, services }) => [
        `${id}`,
        name,
        module,
        hostname,
        `${services}`,
      ]),
    ],
    [
      'Tables of Proxmox modules (module, table, rows)',
      inspection.modules.map(({ module, table, rows }) => [module, table, `${rows}`]),
    ],
    [
      'Configurable options (name, kind, live services, values, suggestion)',
      inspection.options.map((option) => [option.name, option.type, ...nameLine(option)]),
    ],
    [
      'Custom fields of products (name, scope, values stored, values, suggestion)',
      inspection.customFields.map((field) => [
        field.name,
        field.isGlobal ? 'all products' : `product ${field.products.join(', ')}`,
        ...nameLine(field, field.isSecret ? '(secret, not read)' : undefined),
      ]),
    ],
    [
      'Addons (name, live, values, suggestion)',
      inspection.addons.map((addon) => [addon.name, ...nameLine(addon)]),
    ],
    ['Charsets of text columns', pairs(inspection.charsets)],
    ['Tables no snapshot covers (not InnoDB)', inspection.tablesWithoutTransactions.map((name) => [name])],
    [
      'Problems (count, code, what)',
      inspection.problems.map(({ count, code, message }) => [`${count}`, code, message]),
    ],
  ];
  const head = `${source}: WHMCS ${whmcsVersion} on ${databaseVersion}; the server's clock is in ${serverTimeZone}`;
  const tail = 'Suggestions are guesses by name. Nothing is mapped by them: write the mapping file.';
  const body = sections
    .filter(([, rows]) => rows.length > 0)
    .map(([title, rows]) => `${title}\n${alignColumns(rows)}`);
  return [head, ...body, tail].join('\n\n');
}

function pairs(counts: Record<string, number>): string[][] {
  return Object.entries(counts).map(([name, count]) => [name === '' ? '(empty)' : name, `${count}`]);
}

function productLine({ id, name, type, module, services, live }: Inspection['products'][number]): string[] {
  return [`${id}`, name, type, module || '(none)', `${services}`, `${live}`];
}

function nameLine({ services, samples, suggestion }: NameReport, instead?: string): string[] {
  const texts = samples.slice(0, SHOWN_SAMPLES).map(({ text }) => text);
  const more = samples.length > SHOWN_SAMPLES ? ', …' : '';
  const guess = suggestion ? `${suggestion.field}${suggestion.unit ? ` in ${suggestion.unit}` : ''}?` : '';
  return [`${services}`, instead ?? `${texts.join(', ')}${more}`, guess];
}
