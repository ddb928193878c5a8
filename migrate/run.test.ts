import { afterAll, beforeAll, expect, it } from 'vitest';
import { queryRows } from '../db/query-rows.ts';
import { migrateAll } from '../tests/migrate-estate.ts';
import { readContent } from '../tests/migrated-content.ts';
import { connectTemporal, startWorkers, type TestTemporal } from '../tests/stack.ts';
import { startFaultyProxy } from '../testbed/whmcs/faulty-proxy.ts';
import { createWhmcsEstate, type WhmcsEstate } from '../tests/whmcs-estate.ts';
import type { Change, RowTruth } from '../testbed/whmcs/truth.ts';
import { compareTruth } from '../testbed/whmcs/truth.ts';
import { VM_STATES, type RunSummary } from './run/verify-run.ts';

const PROVIDER = { seed: 'run', size: 400, mess: 4 };

let estate: WhmcsEstate;
let temporal: TestTemporal;
let workers: { stop(): Promise<void> };

beforeAll(async () => {
  [estate, temporal] = await Promise.all([createWhmcsEstate(PROVIDER), connectTemporal()]);
  workers = await startWorkers(estate.deps, temporal.queuePrefix);
});
afterAll(async () => {
  await workers?.stop();
  await temporal?.close();
  await estate?.close();
});

interface ItemRow {
  entity: RowTruth['entity'];
  sourceId: number;
  outcome: string;
  code: string | null;
  warnings: string[];
  fields: Record<string, unknown> | null;
  binding: { cluster: string; vmid: number } | null;
  change: string | null;
}

const readItems = (runId: string) =>
  queryRows<ItemRow>(
    estate.database,
    `select entity, source_id::int as "sourceId", outcome, code, warnings, fields, binding, change
     from migration_items where run_id = ? order by entity, source_id`,
    [runId],
  );

/** The truth's words for the fields of a service. */
const TRUTH_WORDS: Record<string, string> = {
  ramMib: 'memoryMib',
  trafficGb: 'trafficGib',
  portMbps: 'networkMbps',
};

/** What a truth expects of its item, and what the item says, of the same things. */
function compared(truth: RowTruth, item: ItemRow | undefined): { expected: object; actual: object } {
  const { entity, sourceId, outcome, code = null } = truth;
  const warnings = outcome === 'migrated' ? truth.warnings : [];
  const target: Record<string, unknown> = { ...truth.target };
  const expected = Object.fromEntries(
    Object.entries(target).map(([name, value]) => [TRUTH_WORDS[name] ?? name, value]),
  );
  const { cluster, vmid } = item?.binding ?? {};
  const taken: Record<string, unknown> = {
    ...item?.fields,
    ...(entity === 'service' ? { binding: { cluster, vmid } } : {}),
    ...(entity === 'client'
      ? {
          members: ((item?.fields?.['members'] ?? []) as { userId: number; owner: boolean }[]).map(
            ({ userId, owner }) => ({ userId, owner }),
          ),
        }
      : {}),
  };
  return {
    expected: { entity, sourceId, outcome, code, warnings, ...expected },
    actual: {
      entity: item?.entity,
      sourceId: item?.sourceId,
      outcome: item?.outcome,
      code: item?.code,
      warnings: item?.outcome === 'migrated' ? item.warnings : [],
      ...Object.fromEntries(Object.keys(expected).map((name) => [name, taken[name]])),
    },
  };
}

function expectTruth(truths: RowTruth[], items: ItemRow[]): void {
  const found = new Map(items.map((item) => [`${item.entity} ${item.sourceId}`, item]));
  const pairs = truths.map((truth) => compared(truth, found.get(`${truth.entity} ${truth.sourceId}`)));
  expect(pairs.map(({ actual }) => actual)).toEqual(pairs.map(({ expected }) => expected));
  expect(items.length).toBe(truths.length);
}

const changesOf = (summary: unknown) =>
  (summary as RunSummary).changes.map(({ entity, change, rows }) => `${entity} ${change} ${rows}`);

it('makes of every row what the truth says, in a dry run that changes nothing', async () => {
  const before = await readContent(estate.database);
  const dry = await migrateAll(estate, temporal, { dryRun: true });
  const items = await readItems(dry.id);
  expectTruth(estate.truths, items);
  expect(await readContent(estate.database)).toEqual(before);
});

it('does in earnest exactly what the dry run said, and nothing more the second time', async () => {
  const dry = await migrateAll(estate, temporal, { dryRun: true });
  const real = await migrateAll(estate, temporal);
  const [planned, done] = [await readItems(dry.id), await readItems(real.id)];
  expect(done).toEqual(planned);
  const summary = real.summary as RunSummary;
  expect(changesOf(summary)).toEqual(changesOf(dry.summary));
  expect(summary.money.length).toBeGreaterThan(10);
  for (const { what, berth, source } of [...summary.counts, ...summary.money]) {
    expect([what, berth]).toEqual([what, source]);
  }
  const content = await readContent(estate.database);
  expect(content.rows).toBeGreaterThan(400);
  const again = await migrateAll(estate, temporal);
  expect(changesOf(again.summary).every((line) => line.includes(' unchanged '))).toBe(true);
  expect(await readContent(estate.database)).toEqual(content);
});

it('gets through to a source that is slow and breaks off', async () => {
  const quiet = await migrateAll(estate, temporal, { dryRun: true });
  const proxy = await startFaultyProxy({ url: estate.mariadb.readerUrl, delayMs: 5, cutRate: 0.02 });
  try {
    const sourceUrl = proxy.through(estate.mariadb.readerUrl);
    const disturbed = await migrateAll(estate, temporal, { dryRun: true, sourceUrl });
    expect(proxy.cuts()).toBeGreaterThan(0);
    expect(await readItems(disturbed.id)).toEqual(await readItems(quiet.id));
  } finally {
    await proxy.close();
  }
});

it('finds every VM: bound, contested, left over, and nobody’s', async () => {
  const { id } = await migrateAll(estate, temporal, { dryRun: true });
  const found = await queryRows<{ cluster: string; vmid: number; state: string }>(
    estate.database,
    VM_STATES,
    {
      runId: id,
    } as never,
  );
  const line = ({ cluster, vmid, state }: { cluster: string; vmid: number; state: string }) =>
    `${cluster} ${vmid} ${state}`;
  expect(found.map(line).toSorted()).toEqual(estate.vmTruths.map(line).toSorted());
});

it('changes by the second edition exactly what changed there', async () => {
  await migrateAll(estate, temporal);
  const former = new Map(estate.truths.map((truth) => [`${truth.entity} ${truth.sourceId}`, truth]));
  const fresh = await estate.regenerate({ ...PROVIDER, edition: 2 });
  const run = await migrateAll(estate, temporal);
  const items = await readItems(run.id);
  expectTruth(fresh, items);
  const expected = fresh.flatMap((truth) => {
    const change = compareTruth(former.get(`${truth.entity} ${truth.sourceId}`), truth);
    return change ? [describeChange(change)] : [];
  });
  const actual = items.flatMap((item) =>
    item.change === 'added' || item.change === 'changed'
      ? [`${item.entity} ${item.sourceId} ${item.change}`]
      : [],
  );
  expect(actual.toSorted()).toEqual(expected.flat().toSorted());

  const ended = fresh.filter(
    ({ entity, sourceId, outcome }) =>
      entity === 'service' &&
      outcome === 'skipped' &&
      former.get(`service ${sourceId}`)?.outcome === 'migrated',
  );
  expect(ended).not.toHaveLength(0);
  expect(run.summary).toMatchObject({
    ended: { total: ended.length, samples: ended.map(({ sourceId }) => sourceId) },
  });
});

/** A change of the truth as one of Berth's tables; none when the row is not migrated now. */
function describeChange({ entity, sourceId, before, after, fields = [] }: Change): string[] {
  if (after?.outcome !== 'migrated') return [];
  if (before?.outcome !== 'migrated') return [`${entity} ${sourceId} added`];
  return fields.some((field) => /^(?:target\.|password)/.test(field))
    ? [`${entity} ${sourceId} changed`]
    : [];
}
