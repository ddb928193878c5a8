import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MigrationExceptionList, MigrationReport, MigrationRunList } from '../../contract/migration-runs.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import { buildAccount, buildCatalog, buildServer, buildUser } from '../../tests/builders.ts';
import { buildItem, buildRun } from '../../tests/migration-builders.ts';

let api: TestApi;
let token: string;
beforeAll(async () => {
  api = await startTestApi();
  token = await api.logIn(await buildUser(api.database, { role: 'admin' }));
});
afterAll(async () => api.close());

const get = async (path: string) => (await api.call('GET', `/admin/migration-runs${path}`, { token })).body;
const range = (runId: string, stage: string, rows: number) => ({
  runId,
  stage,
  entity: 'client',
  afterId: 0,
  upToId: 100,
  cursorId: rows,
  rows,
  quarantined: 1,
});

it('lists runs with how far they have come, and without mapping or login', async () => {
  const running = { status: 'running', phase: 'load', finishedAt: null, totals: { client: 100 } };
  const id = await buildRun(api.database, running);
  await api.database('migration_ranges').insert([range(id, 'read', 100), range(id, 'load', 40)]);
  const body = await get('');
  const run = MigrationRunList.parse(body).items.find((item) => item.id === id);
  expect(run).toMatchObject({ status: 'running', phase: 'load', cause: null });
  expect(run?.progress.find(({ entity }) => entity === 'client')).toEqual({
    entity: 'client',
    total: 100,
    read: 100,
    loaded: 40,
    quarantined: 1,
  });
  expect(run?.progress[0]?.total).toBeNull();
  expect(JSON.stringify(body)).not.toContain('source: {}');
});

it('says why a run stands still, and what to do', async () => {
  const cause = { causeCode: 'too_many_quarantined', causeMessage: '7 of 10' };
  const id = await buildRun(api.database, { source: 'other', status: 'paused', finishedAt: null, ...cause });
  const { run, comparison } = MigrationReport.parse(await get(`/${id}`));
  expect(run.cause).toMatchObject({ code: 'too_many_quarantined', message: '7 of 10' });
  expect(run.cause?.remedy).toContain('resume with a higher limit');
  expect(comparison).toBeNull();
});

it('counts outcomes and reasons, and pages through the rows behind them', async () => {
  const equal = { what: 'clients', source: '3', berth: '3', isEqual: true };
  const summary = JSON.stringify({
    counts: [equal],
    money: [],
    vmsByCluster: [{ cluster: 'fra1', state: 'bound', total: 2 }],
    outcomes: 'not shown',
  });
  const id = await buildRun(api.database, { summary });
  for (const sourceId of [2, 10])
    await buildItem(api.database, id, {
      sourceId,
      entity: 'client',
      outcome: 'quarantined',
      code: 'bad_email',
      message: `client ${sourceId}`,
    });
  await buildItem(api.database, id, { sourceId: 5, warnings: ['empty_raw'] });
  await buildItem(api.database, id, { sourceId: 6 });
  const report = MigrationReport.parse(await get(`/${id}`));
  expect(report.reasons.map(({ code, rows }) => `${code} ${rows}`)).toEqual(['bad_email 2', 'empty_raw 1']);
  expect(report.outcomes).toContainEqual({ entity: 'service', outcome: 'migrated', rows: 2 });
  expect(report.comparison?.counts).toEqual([equal]);

  const first = MigrationExceptionList.parse(await get(`/${id}/exceptions?limit=2`));
  const second = MigrationExceptionList.parse(
    await get(`/${id}/exceptions?limit=2&cursor=${first.nextCursor}`),
  );
  expect([...first.items, ...second.items].map(({ sourceId }) => sourceId)).toEqual(['2', '10', '5']);
  expect(second.nextCursor).toBeNull();
  const { items } = MigrationExceptionList.parse(await get(`/${id}/exceptions?code=empty_raw`));
  expect(items.map(({ sourceId }) => sourceId)).toEqual(['5']);
});

it('names the server a service has become, as long as there is one', async () => {
  const account = await buildAccount(api.database);
  const catalog = await buildCatalog(api.database);
  const { id: serverId } = await buildServer(api.database, { account, catalog });
  const gone = { account, catalog, lifecycle: 'deleted', deletedAt: new Date() } as const;
  const { id: goneId } = await buildServer(api.database, gone);
  const id = await buildRun(api.database);
  const service = { warnings: ['vm_stopped'] };
  await buildItem(api.database, id, { ...service, sourceId: 1, targetId: serverId });
  await buildItem(api.database, id, { ...service, sourceId: 2, targetId: goneId });
  await buildItem(api.database, id, { sourceId: 3, outcome: 'quarantined', code: 'empty_raw' });
  const { items } = MigrationExceptionList.parse(await get(`/${id}/exceptions`));
  expect(items.map((item) => item.serverId)).toEqual([serverId, null, null]);
});

it('knows no run by an id that is none', async () => {
  expect((await get(`/${randomUUID()}`)).code).toBe('not_found');
  expect((await get(`/${randomUUID()}/exceptions`)).code).toBe('not_found');
});
