import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMariadb, type MariadbServer } from '../testbed/mariadb-server.ts';
import { generate } from '../testbed/whmcs/generate.ts';
import type { ServiceTarget, ServiceTruth, Truth } from '../testbed/whmcs/truth.ts';
import { connectSource, type Source } from './legacy/connect-source.ts';
import { readCatalogue, type Catalogue } from './legacy/read-catalogue.ts';
import { readServicePage, type ServiceBundle } from './legacy/read-services.ts';
import { parseMapping } from './mapping.ts';
import { createContext, type TransformContext } from './transforms/context.ts';
import type { Outcome } from './transforms/outcome.ts';
import { transformService, type ServiceFields } from './transforms/transform-service.ts';

const SIZE = 200;
/** Enough of each defect for a small provider to have most of them. */
const MESS = 4;

let dir: string;
let server: MariadbServer;
let source: Source;
let catalogue: Catalogue;
let context: TransformContext;
let truths: Truth[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-source-'));
  server = await startMariadb({ dataDir: join(dir, 'data'), durable: false });
  await generate({ url: server.url, seed: 'source', size: SIZE, mess: MESS, truthDir: dir });
  source = await connectSource(server.readerUrl);
  const text = await readFile(new URL('../testbed/whmcs/mapping.yaml', import.meta.url), 'utf8');
  const mapping = parseMapping(text, 'mapping.yaml');
  catalogue = await readCatalogue(source, mapping.modules);
  context = createContext(mapping, catalogue);
  const lines = (await readFile(join(dir, 'truth.jsonl'), 'utf8')).trim().split('\n');
  truths = lines.map((line) => JSON.parse(line) as Truth);
});
afterAll(async () => {
  await source.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

async function readAll(limit: number): Promise<ServiceBundle[]> {
  const all: ServiceBundle[] = [];
  let after = 0;
  for (;;) {
    const page = await readServicePage(source, catalogue, { after, limit });
    all.push(...page);
    after = page.at(-1)?.service.id ?? 0;
    if (page.length < limit) return all;
  }
}

/** What only the clusters, or a look at all services together, can tell; no row says it. */
const BEYOND_ONE_ROW = new Set(['vmMissing', 'vmClaimedTwice', 'vmAmbiguous', 'vmKindMismatch']);
const BEYOND_ONE_ROW_WARNINGS = new Set(['vm_stopped', 'spec_drift']);

/** The outcome in the words of the truth. */
function toTruth({ sourceId }: ServiceTruth, outcome: Outcome<ServiceFields>) {
  if (outcome.outcome !== 'migrated')
    return { sourceId, outcome: outcome.outcome, code: outcome.reason.code };
  const {
    memoryMib,
    trafficGib,
    networkMbps,
    binding,
    suspendReason: _,
    registered: __,
    ...same
  } = outcome.fields;
  return {
    sourceId,
    outcome: 'migrated',
    warnings: outcome.warnings.map(({ code }) => code),
    target: {
      ...same,
      ramMib: memoryMib,
      trafficGb: trafficGib,
      portMbps: networkMbps,
      binding: { cluster: binding.cluster, vmid: binding.vmid },
    },
  };
}

function expected(truth: ServiceTruth) {
  const { sourceId, outcome, code } = truth;
  if (!truth.target) return { sourceId, outcome, code };
  return {
    sourceId,
    outcome,
    warnings: truth.warnings.filter((warning) => !BEYOND_ONE_ROW_WARNINGS.has(warning)),
    target: { ...truth.target, binding: expectedBinding(truth, truth.target) },
  };
}

/** Services bound by hand name no server, and where only name and address tell, no VMID either. */
function expectedBinding(truth: ServiceTruth, target: ServiceTarget) {
  const isByHand = [131, 132].includes(target.productId);
  return {
    cluster: isByHand ? null : target.binding.cluster,
    vmid: truth.link === 'corroboration' ? null : target.binding.vmid,
  };
}

it('makes of every service what the truth says', async () => {
  const outcomes = new Map(
    (await readAll(64)).map((bundle) => [bundle.service.id, transformService(bundle, context)]),
  );
  const services = truths.filter((truth) => truth.entity === 'service');
  expect(outcomes.size).toBe(services.length);
  const decided = services.filter(({ defects }) => !defects.some((defect) => BEYOND_ONE_ROW.has(defect)));
  expect(decided.length).toBeGreaterThan(SIZE * 0.8);
  const actual = decided.map((truth) => {
    const outcome = outcomes.get(truth.sourceId);
    return outcome ? toTruth(truth, outcome) : truth.sourceId;
  });
  expect(actual).toEqual(decided.map(expected));
});
