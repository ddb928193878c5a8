import { printable } from './align-columns.ts';
import type { Inspection, NameReport } from './inspect-source.ts';
import type { Suggestion } from './suggest.ts';
import { foldText, splitPipe } from './transforms/text.ts';

/**
 * A mapping file for review. What a name plainly says is written out; every unit is only a comment, and names that say
 * nothing are left out, so that services which use them are quarantined until somebody decides.
 */
export function draftMapping(inspection: Inspection): string {
  const lines = [
    `# Draft of a mapping for ${printable(inspection.source)}, WHMCS ${printable(inspection.whmcsVersion)}.`,
    '# Lines that end in "# check" are guesses. Commented lines need a decision.',
    '',
    'source:',
    '  id: whmcs # check: stays the same for every run against this install',
    `  timezone: UTC # check: the zone WHMCS runs in; the database server's clock is in ${printable(inspection.serverTimeZone)}`,
    '  charset: as-declared # or utf8-in-latin1, when names look like JÃ¼rgen',
    '  entities: decode-once # or keep',
    '',
    ...serverLines(inspection),
    ...productLines(inspection),
    ...FIELD_LINES,
    ...ruleLines(inspection),
    ...mapLines('os', 'warn', inspection),
    ...mapLines('location', 'quarantine', inspection),
  ];
  return `${lines.join('\n')}\n`;
}

const FIELD_LINES = [
  'fields:',
  '  vcpu: { min: 1, max: 256, required: true }',
  '  memoryMib: { min: 128, required: true }',
  '  diskGib: { min: 1, required: true }',
  '  trafficGib: { perTb: 1000 } # check: how many GB of traffic a TB is',
  '  ipv4Count: { default: 1 } # check: addresses every service has',
  '',
];

const PROXMOX_MODULE = /proxmox|pve|prve/i;

function serverLines({ servers, products }: Inspection): string[] {
  const modules = new Set(products.filter(isServer).map(({ module }) => module));
  const lines = servers.map(({ id, name, module, hostname }) => {
    const note = printable(`${name}, ${module || 'no module'}, ${hostname}`);
    if (!modules.has(module) && !PROXMOX_MODULE.test(module))
      return `  ${id}: { ignore: ${quote(`${module} server`)} } # check: ${note}`;
    const cluster = foldText(hostname).split('.')[0] || `cluster-${id}`;
    return `  ${id}: { cluster: ${quote(cluster)} } # check: ${note}`;
  });
  if (lines.length === 0) return ['servers: {}', ''];
  return [
    '# Which Proxmox cluster each server of WHMCS stands for; several may be one.',
    'servers:',
    ...lines,
    '',
  ];
}

function isServer({ type }: { type: string }): boolean {
  return type === 'server';
}

const PLAN_MODULES = new Set(['pvewhmcs', 'prve']);

function productLines({ products, customFields, modules }: Inspection): string[] {
  const linked = new Set(modules.map(({ module }) => module));
  const lines = products.map((product) => {
    const note = printable(`${product.name}, ${product.live} live`);
    if (!isServer(product))
      return `  ${product.id}: { ignore: ${quote(`type ${product.type}`)} } # check: ${note}`;
    const settings: string[] = [];
    if (PLAN_MODULES.has(product.module))
      settings.push(`plan: { module: ${product.module}, configoption: 1 }`);
    if (!linked.has(product.module)) {
      const hasField = customFields.some(
        ({ suggestion, isGlobal, products: ids }) =>
          suggestion?.field === 'vmid' && (isGlobal || ids.includes(product.id)),
      );
      const isByHand = product.module === '';
      const ways = [
        ...(hasField ? ['field'] : []),
        ...(isByHand ? ['username', 'notes', 'corroboration'] : []),
      ];
      if (ways.length > 0) settings.push(`binding: [${ways.join(', ')}]`);
    }
    return `  ${product.id}: ${settings.length > 0 ? `{ ${settings.join(', ')} }` : '{}'} # check: ${note}`;
  });
  if (lines.length === 0) return ['products: {}', ''];
  return ['# What is no virtual server is ignored, with a reason.', 'products:', ...lines, ''];
}

interface Group {
  report: NameReport;
  products: number[];
  services: number;
  samples: string[];
  isGlobal: boolean;
}

/** Reports of the same name that suggest the same become one rule. */
function groupReports(reports: (NameReport & { isGlobal?: boolean })[]): Group[] {
  const groups = new Map<string, Group>();
  for (const report of reports) {
    const key = JSON.stringify([report.name, report.suggestion?.field, report.suggestion?.unit]);
    const group = groups.get(key) ?? { report, products: [], services: 0, samples: [], isGlobal: false };
    group.products.push(...report.products.filter((id) => !group.products.includes(id)));
    group.services += report.services;
    group.samples.push(
      ...report.samples.map(({ text }) => text).filter((text) => !group.samples.includes(text)),
    );
    group.isGlobal ||= report.isGlobal ?? false;
    groups.set(key, group);
  }
  return [...groups.values()];
}

function ruleLines({ options, customFields, addons, products }: Inspection): string[] {
  const sold = new Set(products.filter(isServer).map(({ id }) => id));
  const offered = options.filter((option) => option.products.some((id) => sold.has(id)));
  const fields = customFields.filter(
    ({ isGlobal, products: ids }) => isGlobal || ids.some((id) => sold.has(id)),
  );
  const lines = [
    ...kindLines('option', offered, sold),
    ...kindLines('customField', fields, sold),
    ...kindLines('addon', addons, sold),
  ];
  return ['# Names are as WHMCS has them, left of the pipe, in lower case.', 'rules:', ...lines, ''];
}

function kindLines(kind: string, reports: NameReport[], sold: Set<number>): string[] {
  const groups = groupReports(reports);
  const taken = new Set<string>();
  return groups.flatMap((group) => {
    const { report, samples, services } = group;
    const isSplit = groups.filter((other) => other.report.name === report.name).length > 1;
    const ids = group.products.filter((id) => sold.has(id) && !taken.has(`${report.name} ${id}`));
    for (const id of ids) taken.add(`${report.name} ${id}`);
    const values = samples.length > 0 ? `: ${samples.slice(0, 6).join(', ')}` : '';
    const note = `  # ${printable(`${report.label}, ${services} services${values}`)}`;
    const scope = isSplit && ids.length > 0 ? `, products: [${ids.join(', ')}]` : '';
    const subject = `${kind}: [${quote(report.name)}]${scope}`;
    const { suggestion } = report;
    const isMappable =
      suggestion && (!isSplit || ids.length > 0) && (kind !== 'addon' || suggestion.field === 'ignore');
    if (!isMappable) return ['', note, `  # - { ${subject}, field: …, or ignore: why } # needs a decision`];
    return ['', note, ...suggestedLines(subject, suggestion, group.isGlobal)];
  });
}

function suggestedLines(subject: string, suggestion: Suggestion, isGlobal: boolean): string[] {
  const scope = isGlobal ? ', global: true' : '';
  if (suggestion.field === 'ignore') return [`  - { ${subject}${scope}, ignore: a secret } # check`];
  const op = suggestion.op ? `, op: ${suggestion.op}` : '';
  const rule = `  - { ${subject}${scope}, field: ${suggestion.field}${op} } # check: ${printable(suggestion.why)}`;
  return suggestion.unit ? [rule, `  #   suggestion: unit: ${suggestion.unit}`] : [rule];
}

function mapLines(
  field: 'os' | 'location',
  missing: string,
  { options, customFields }: Inspection,
): string[] {
  const reports = [...options, ...customFields].filter(({ suggestion }) => suggestion?.field === field);
  const values = new Map<string, string>();
  for (const { text } of reports.flatMap(({ samples }) => samples)) {
    const { raw, label } = splitPipe(text, { entities: 'keep', charset: 'as-declared' });
    const key = foldText(raw || (label ?? ''));
    // Where one field says `9003` and another one `9003|AlmaLinux 9`, the label tells what it is.
    if (label || !values.has(key)) values.set(key, label ?? raw);
  }
  const lines = [...values].map(
    ([key, label]) => `    # ${quote(key)}: ${quote(slug(label))} # ${printable(label)}`,
  );
  return [`${field}:`, `  missing: ${missing}`, '  values:', ...lines, ''];
}

function slug(text: string): string {
  return (
    foldText(text)
      .replaceAll(/[^\d.a-z]+/g, '-')
      .replaceAll(/^-|-$/g, '') || 'name'
  );
}

/** As JSON, which is YAML too. */
function quote(text: string): string {
  return JSON.stringify(printable(text));
}
