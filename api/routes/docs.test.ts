import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectDatabase } from '../../db/connect.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';

let api: TestApi;
let dashboardDir: string;
beforeAll(async () => {
  dashboardDir = await mkdtemp(join(tmpdir(), 'berth-dashboard-'));
  await mkdir(join(dashboardDir, 'assets'));
  await writeFile(join(dashboardDir, 'index.html'), '<!doctype html><title>Berth</title>');
  await writeFile(join(dashboardDir, 'assets', 'main-abc123.js'), 'export {};');
  await writeFile(join(dashboardDir, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  api = await startTestApi({ dashboardDir });
});
afterAll(async () => {
  await api.close();
  await rm(dashboardDir, { recursive: true });
});

interface OpenApi {
  openapi: string;
  paths: Record<
    string,
    Record<
      string,
      {
        responses: Record<string, unknown>;
        requestBody?: unknown;
        parameters?: { name: string; schema: unknown }[];
      }
    >
  >;
  components: { schemas: Record<string, unknown> };
}

describe('/openapi.json', () => {
  it('describes routes with the schemas their requests are parsed with', async () => {
    const { body } = await api.call<OpenApi>('GET', '/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    const routes = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const some = ['delete /servers/{id}', 'get /events', 'post /login', 'post /operations/{id}/decision'];
    expect(routes).toEqual(expect.arrayContaining(some));
    expect(body.paths['/servers']?.['post']).toMatchObject({
      security: [{ bearer: [] }],
      requestBody: {
        content: { 'application/json': { schema: { $ref: '#/components/schemas/CreateServer' } } },
      },
      responses: {
        202: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Accepted' } } } },
      },
    });
    expect(body.components.schemas['CreateServer']).toMatchObject({
      additionalProperties: false,
      required: ['name', 'planId', 'templateId'],
    });
  });

  it('says what else a request has to be', async () => {
    const { body } = await api.call<OpenApi>('GET', '/openapi.json');
    const parameters = body.paths['/servers/{id}']?.['delete']?.parameters ?? [];
    expect(parameters.map(({ name, schema }) => [name, schema])).toEqual(
      expect.arrayContaining([
        ['now', expect.objectContaining({ type: 'string', enum: ['true', 'false'], default: 'false' })],
        ['Idempotency-Key', expect.objectContaining({ pattern: '^[\\x21-\\x7e]{1,255}$' })],
      ]),
    );
    expect(body.components.schemas['UpdateServer']).toMatchObject({ minProperties: 1 });
  });

  it('refers only to what it contains', async () => {
    const { body } = await api.call<OpenApi>('GET', '/openapi.json');
    const matches = [...JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
    const references = new Set(matches.map(([, name]) => name ?? ''));
    expect(references.size).toBeGreaterThan(5);
    expect([...references].filter((name) => !(name in body.components.schemas))).toEqual([]);
  });
});

it('serves the page to read it from its own files, without inline script', async () => {
  const page = (await api.call<string>('GET', '/docs')).body;
  const files = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) expect((await api.call('GET', file)).status).toBe(200);
  expect(page).not.toMatch(/<script>|<style|style=/);
});

describe('the dashboard', () => {
  it('is where browsers are sent to', async () => {
    const browser = await api.call('GET', '/', { headers: { Accept: 'text/html,*/*;q=0.8' } });
    expect([browser.status, browser.headers.get('Location')]).toEqual([302, '/app/']);
    expect((await api.call('GET', '/', { headers: { Accept: '*/*' } })).body).toMatchObject({
      documentation: '/docs',
    });
    expect((await api.call('GET', '/app')).status).toBe(302);
  });

  it('answers its pages with index.html, which is asked for again each time', async () => {
    for (const path of ['/app/', '/app/servers/123', '/app/login']) {
      const answer = await api.call('GET', path);
      expect(answer.body).toContain('<title>Berth</title>');
      expect(answer.headers.get('Content-Type')).toContain('text/html');
      expect(answer.headers.get('Cache-Control')).toBe('no-cache');
    }
  });

  it('keeps hashed files for ever, and has no page in place of a missing one', async () => {
    const asset = await api.call('GET', '/app/assets/main-abc123.js');
    expect(asset.headers.get('Cache-Control')).toBe('max-age=31536000,immutable');
    expect(asset.headers.get('Content-Type')).toContain('javascript');
    expect((await api.call('GET', '/app/assets/gone.js')).status).toBe(404);
    expect((await api.call('GET', '/app/icon.svg')).headers.get('Content-Type')).toContain('svg');
  });

  it('gives away nothing outside its folder', async () => {
    for (const path of [
      '/app/..%2f..%2f..%2fetc/passwd',
      '/app/assets/..%2f..%2fetc/passwd',
      '/app/%2e%2e/%2e%2e/etc/passwd.txt',
    ]) {
      const answer = await api.call('GET', path);
      expect(String(answer.body)).not.toContain('root:');
    }
  });
});

describe('health', () => {
  it('is ready, degraded without Temporal, and says so', async () => {
    expect((await api.call('GET', '/healthz')).body).toEqual({ status: 'ok' });
    expect((await api.call('GET', '/readyz')).body).toEqual({
      status: 'ready',
      checks: { postgres: 'ok', temporal: 'ok' },
    });
    api.temporal.isAway = true;
    const degraded = await api.call('GET', '/readyz');
    api.temporal.isAway = false;
    expect(degraded.status).toBe(200);
    expect(degraded.body).toEqual({
      status: 'degraded',
      checks: { postgres: 'ok', temporal: 'unreachable' },
    });
  });

  it('is unavailable without a database, and requests are told so', async () => {
    const gone = connectDatabase('postgres://nobody@127.0.0.1:1/none');
    const alone = await startTestApi({ database: gone });
    try {
      const unready = await alone.call('GET', '/readyz');
      expect(unready.status).toBe(503);
      expect(unready.body).toEqual({
        status: 'unavailable',
        checks: { postgres: 'unreachable', temporal: 'ok' },
      });
      expect((await alone.call('GET', '/healthz')).status).toBe(200);
      const login = await alone.call('POST', '/login', { body: { email: 'a@example.test', password: 'x' } });
      expect([login.status, login.body.code]).toEqual([503, 'unavailable']);
    } finally {
      await gone.destroy();
      await alone.close();
    }
  });

  it('is measured by route, not by path', async () => {
    await api.call('GET', '/servers/0b5c4a5e-0000-4000-8000-000000000000');
    const { body } = await api.call<string>('GET', '/metrics');
    expect(body).toContain('route="/servers/:id"');
    expect(body).not.toContain('0b5c4a5e');
  });
});
