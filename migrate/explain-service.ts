import { alignColumns, printable } from './align-columns.ts';
import type { Source } from './legacy/connect-source.ts';
import { readCatalogue } from './legacy/read-catalogue.ts';
import { readService } from './legacy/read-services.ts';
import { contentHash } from './content-hash.ts';
import { mappingHash, type Mapping } from './mapping.ts';
import { createContext } from './transforms/context.ts';
import type { Outcome } from './transforms/outcome.ts';
import { cleanText } from './transforms/text.ts';
import { transformService, type ServiceFields } from './transforms/transform-service.ts';

/** All about what becomes of one service. */
export interface Explanation {
  serviceId: number;
  product: string;
  sourceStatus: string;
  mappingHash: string;
  /** Of everything read for the service. */
  contentHash: string;
  result: Outcome<ServiceFields>;
}

/** Undefined when the source has no such service. */
export async function explainService(
  source: Source,
  mapping: Mapping,
  id: number,
): Promise<Explanation | undefined> {
  const catalogue = await readCatalogue(source, mapping.modules);
  const bundle = await readService(source, catalogue, id);
  if (!bundle) return undefined;
  const { packageid, domainstatus } = bundle.service;
  const name = catalogue.products.get(packageid)?.name;
  return {
    serviceId: id,
    product:
      name === undefined ? `${packageid} (missing)` : `${packageid} ${cleanText(name, mapping.source)}`,
    sourceStatus: domainstatus,
    mappingHash: mappingHash(mapping),
    contentHash: contentHash(bundle),
    result: transformService(bundle, createContext(mapping, catalogue)),
  };
}

/** For a terminal: the outcome first, then why. */
export function describeExplanation({ serviceId, product, sourceStatus, result }: Explanation): string {
  const head =
    result.outcome === 'migrated'
      ? 'would be migrated'
      : `would be ${result.outcome}: ${result.reason.code}\n  ${printable(result.reason.message)}`;
  const sections = [
    `Service ${serviceId}, product ${printable(product)}, ${printable(sourceStatus)} in WHMCS\n${head}`,
    section(
      'Warnings',
      result.warnings.map(({ code, message }) => [code, message]),
    ),
    section(
      'What was read, and what became of it',
      result.trace.map(({ from, input, rule, field = '', effect }) => [from, input, rule, field, effect]),
    ),
    result.outcome === 'migrated' ? section('Result', fieldLines(result.fields)) : '',
  ];
  return sections.filter((text) => text !== '').join('\n\n');
}

function fieldLines({ binding, ...fields }: ServiceFields): string[][] {
  const lines = Object.entries(fields).map(([name, value]) => [name, describe(value)]);
  const { cluster, vmid, way, kind, node } = binding;
  return [
    ...lines,
    ['binding', `VM ${vmid ?? 'not named'} on ${cluster ?? 'any cluster'}, by ${way}`],
    ['', [kind ? `kind ${kind}` : '', node ? `last seen on node ${node}` : ''].filter(Boolean).join(', ')],
  ].filter(([name, value]) => name !== '' || value !== '');
}

function describe(value: string | number | boolean | null | string[]): string {
  if (value === null) return '-';
  return Array.isArray(value) ? value.join(', ') || '-' : String(value);
}

function section(title: string, rows: string[][]): string {
  if (rows.length === 0) return '';
  return `${title}\n${alignColumns(rows)}`;
}
