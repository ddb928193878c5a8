import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { AdminSettings } from '../../contract/admin.ts';
import { AuditEntry } from '../../db/models/audit-entry.ts';
import { Settings } from '../../db/models/settings.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import { buildUser } from '../../tests/builders.ts';

let api: TestApi;
let admin: string;
let customer: string;
beforeAll(async () => {
  api = await startTestApi({ deleteGraceHours: 24 });
  admin = await api.logIn(await buildUser(api.database, { role: 'admin' }));
  customer = await api.logIn(await buildUser(api.database));
});
afterAll(() => api.close());
beforeEach(async () => {
  await Settings.query(api.database).patch({ deleteGraceHours: null, quarantineHours: null });
});

const read = async () =>
  AdminSettings.parse((await api.call('GET', '/admin/settings', { token: admin })).body);
const change = (body: object, token = admin) => api.call('PATCH', '/admin/settings', { token, body });

it('says what holds and who says so', async () => {
  expect(await read()).toEqual({
    workflowUi: null,
    publicUrl: null,
    deleteGraceHours: { value: 24, source: 'environment', otherwise: 24, otherSource: 'environment' },
    quarantineHours: { value: 72, source: 'default', otherwise: 72, otherSource: 'default' },
    sessionDays: 30,
  });
});

it('lets an operator set something, which holds at once for customers too', async () => {
  expect(await change({ deleteGraceHours: 0.5 })).toMatchObject({
    status: 200,
    body: { deleteGraceHours: { value: 0.5, source: 'database', otherwise: 24 } },
  });
  expect((await api.call('GET', '/settings', { token: customer })).body).toEqual({ deleteGraceHours: 0.5 });
  const deeds = await AuditEntry.query(api.database).where({ action: 'settings.update' });
  expect(deeds).toMatchObject([{ details: { deleteGraceHours: 0.5 } }]);
});

it('leaves what is not named as it is', async () => {
  await change({ deleteGraceHours: 5 });
  expect((await change({ quarantineHours: 1 })).body).toMatchObject({
    deleteGraceHours: { value: 5 },
    quarantineHours: { value: 1 },
  });
});

it('leaves it to the environment again', async () => {
  await change({ deleteGraceHours: 5 });
  await change({ deleteGraceHours: null });
  expect((await read()).deleteGraceHours).toMatchObject({ value: 24, source: 'environment' });
});

it.each([
  [{ deleteGraceHours: -1 }, 'deleteGraceHours'],
  [{ quarantineHours: 0 }, 'quarantineHours'],
  [{ quarantineHours: 1.5 }, 'quarantineHours'],
  [{ quarantineHours: 1, jwtSecret: 'x' }, 'jwtSecret'],
])('refuses %j, naming the field', async (body, field) => {
  expect(await change(body)).toMatchObject({ status: 422, body: { issues: [{ field }] } });
});

it('is for administrators only', async () => {
  expect((await change({ quarantineHours: 1 }, customer)).status).toBe(403);
});
