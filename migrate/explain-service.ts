import { alignColumns, printable } from './align-columns.ts';
import type { Source } from './legacy/connect-source.ts';
import { readCatalogue } from './legacy/read-catalogue.ts';
import { readService } from './legacy/read-services.ts';
import { contentHash } from './content-hash.ts';
import { mappingHash, type Mapping } from './mapping.ts';
import {
  bindVm,
  candidateNames,
  type Binding,
  type BindResult,
  type ClusterVm,
} from './transforms/bind-vm.ts';
import { createContext } from './transforms/context.ts';
import type { Finding, Outcome } from './transforms/outcome.ts';
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
  /** Only when it would be migrated as far as the source goes, and an inventory of the clusters was given. */
  bound?: BindResult;
  /** What the latest run made of it, all rows taken together; the mapping and the source may have changed since. */
  lastRun?: LastOutcome;
}

export interface LastOutcome {
  runId: string;
  dryRun: boolean;
  outcome: Outcome<ServiceFields>['outcome'];
  code: string | null;
  message: string | null;
  serverId: string | null;
}

/** The VMs, on any mapped cluster, that have the VMID or, in lower case, one of the names. */
export type FindVms = (wanted: { vmid: number | null; names: string[] }) => Promise<ClusterVm[]>;

/** Undefined when the source has no such service. */
export async function explainService(
  source: Source,
  mapping: Mapping,
  id: number,
  { findVms }: { findVms?: FindVms | undefined } = {},
): Promise<Explanation | undefined> {
  const catalogue = await readCatalogue(source, mapping.modules);
  const bundle = await readService(source, catalogue, id);
  if (!bundle) return undefined;
  const { packageid, domainstatus } = bundle.service;
  const name = catalogue.products.get(packageid)?.name;
  const result = transformService(bundle, createContext(mapping, catalogue));
  return {
    serviceId: id,
    product:
      name === undefined ? `${packageid} (missing)` : `${packageid} ${cleanText(name, mapping.source)}`,
    sourceStatus: domainstatus,
    mappingHash: mappingHash(mapping),
    contentHash: contentHash(bundle),
    result,
    ...(findVms && result.outcome === 'migrated' ? { bound: await bind(id, result.fields, findVms) } : {}),
  };
}

async function bind(id: number, fields: ServiceFields, findVms: FindVms): Promise<BindResult> {
  const vms = await findVms({ vmid: fields.binding.vmid, names: candidateNames(id, fields) });
  return bindVm(id, fields, vms);
}

/** For a terminal: the outcome first, then why. */
export function describeExplanation(explanation: Explanation): string {
  const { serviceId, product, sourceStatus, result, bound } = explanation;
  const warnings = [...result.warnings, ...(bound && 'warnings' in bound ? bound.warnings : [])];
  const trace = [...result.trace, ...(bound?.trace ?? [])];
  const sections = [
    `Service ${serviceId}, product ${printable(product)}, ${printable(sourceStatus)} in WHMCS\n${describeHead(explanation)}`,
    section(
      'Warnings',
      warnings.map(({ code, message }) => [code, message]),
    ),
    section(
      'What was read, and what became of it',
      trace.map(({ from, input, rule, field = '', effect }) => [from, input, rule, field, effect]),
    ),
    result.outcome === 'migrated' ? section('Result', fieldLines(result.fields)) : '',
    bound && 'binding' in bound ? section('VM', bindingLines(bound.binding)) : '',
  ];
  return sections.filter((text) => text !== '').join('\n\n');
}

function describeHead(explanation: Explanation): string {
  const { lastRun } = explanation;
  if (!lastRun) return describeOutcome(explanation);
  const { runId, dryRun, outcome, code, message, serverId } = lastRun;
  const what =
    code === null ? `${outcome}, server ${serverId}` : `${outcome}: ${code}, ${printable(message ?? '')}`;
  return `${describeOutcome(explanation)}\n${dryRun ? 'dry run' : 'run'} ${runId.slice(0, 8)}: ${what}`;
}

function describeOutcome({ result, bound }: Explanation): string {
  if (result.outcome !== 'migrated') return refusal(result.outcome, result.reason);
  if (bound && 'reason' in bound) return refusal('quarantined', bound.reason);
  return bound ? 'would be migrated' : 'would be migrated, if its VM is found';
}

function refusal(outcome: string, { code, message }: Finding): string {
  return `would be ${outcome}: ${code}\n  ${printable(message)}`;
}

function bindingLines({ cluster, vmid, node, kind, name, score, reasons }: Binding): string[][] {
  return [
    ['is', `VM ${vmid} on ${cluster}, ${kind}, node ${node}, ${name === null ? 'no name' : `name ${name}`}`],
    ['score', `${score} of 100`],
    ...reasons.map((reason, n) => [n === 0 ? 'because' : '', reason]),
  ];
}

function fieldLines({ binding, ...fields }: ServiceFields): string[][] {
  const lines = Object.entries(fields).map(([name, value]) => [name, describe(value)]);
  const { cluster, vmid, way, kind, node } = binding;
  return [
    ...lines,
    ['claim', `VM ${vmid ?? 'not named'} on ${cluster ?? 'any cluster'}, by ${way}`],
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
