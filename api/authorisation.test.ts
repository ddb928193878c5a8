import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { includes, type Permission } from '../contract/roles.ts';
import { startTestApi, type TestApi } from '../tests/api.ts';
import {
  buildAccount,
  buildApiToken,
  buildCatalog,
  buildMember,
  buildOperation,
  buildServer,
  buildUser,
} from '../tests/builders.ts';

/** A route as the OpenAPI document describes it. */
interface Route {
  method: string;
  path: string;
  auth: 'none' | 'bearer' | 'session' | 'admin' | 'admin-session';
  permission: Permission;
  hasBody: boolean;
}

interface Caller {
  token: string | null;
  /** What they may do to the server that is asked for; null when they must not know of it. */
  permission: Permission | null;
  isStaff?: boolean;
  /** Comes with an API token, or as somebody else. */
  isNotThemselves?: boolean;
}

const CALLERS = [
  'anonymous',
  'other customer',
  'viewer',
  'operator',
  'admin',
  'owner',
  'granted operator',
  'token that may view',
  'token of an administrator',
  'token for administration',
  'administrator as owner',
  'administrator',
] as const;

/** Whoever adds to these lets everybody in. */
const PUBLIC = [
  'get /healthz',
  'get /metrics',
  'get /readyz',
  'post /login',
  'post /login/passkey',
  'post /login/passkey/options',
  'post /logout',
  'post /password',
  'post /password-resets',
  'post /refresh',
];

/** What passes the schema of a route about one server, so that the answer tells who may. */
const BODIES: Record<string, object> = {
  'patch /servers/{id}': { name: 'web-2' },
  'post /operations/{id}/decision': { decision: 'resume' },
  'post /servers/{id}/actions': { action: 'start' },
  'post /servers/{id}/password': { password: 'correct horse battery' },
  'post /servers/{id}/rebuild': {},
  'post /servers/{id}/resize': {},
};

let api: TestApi;
let routes: Route[];
let serverId: string;
let operationId: string;
const callers = {} as Record<(typeof CALLERS)[number], Caller>;
beforeAll(async () => {
  api = await startTestApi();
  const { database } = api;
  const catalog = await buildCatalog(database);
  const owner = await buildUser(database);
  const account = await buildAccount(database, { owner });
  const server = await buildServer(database, { account, catalog });
  serverId = server.id;
  operationId = (await buildOperation(database, { server, status: 'succeeded', finishedAt: new Date() })).id;
  BODIES['post /servers/{id}/rebuild'] = { templateId: catalog.template.id };
  BODIES['post /servers/{id}/resize'] = { planId: catalog.plan.id };

  const stranger = await buildUser(database);
  await buildAccount(database, { owner: stranger });
  const guest = await buildUser(database);
  await database('serverGrants').insert({ serverId, userId: guest.id, role: 'operator' });
  const staff = await buildUser(database, { role: 'admin' });
  const logIn = async (role: 'viewer' | 'operator' | 'admin') =>
    api.logIn(await buildMember(database, { account, role }));
  Object.assign(callers, {
    anonymous: { token: null, permission: null },
    'other customer': { token: await api.logIn(stranger), permission: null },
    viewer: { token: await logIn('viewer'), permission: 'view' },
    operator: { token: await logIn('operator'), permission: 'operate' },
    admin: { token: await logIn('admin'), permission: 'manage' },
    owner: { token: await api.logIn(owner), permission: 'own' },
    'granted operator': { token: await api.logIn(guest), permission: 'operate' },
    'token that may view': {
      token: await buildApiToken(database, owner, { permission: 'view' }),
      permission: 'view',
      isNotThemselves: true,
    },
    'token of an administrator': {
      token: await buildApiToken(database, staff, { permission: 'manage' }),
      permission: null,
      isNotThemselves: true,
    },
    'token for administration': {
      token: await buildApiToken(database, staff, { permission: 'manage', isStaff: true }),
      permission: 'manage',
      isStaff: true,
      isNotThemselves: true,
    },
    'administrator as owner': { token: await actAs(owner), permission: 'own', isNotThemselves: true },
    administrator: { token: await api.logIn(staff), permission: 'own', isStaff: true },
  } satisfies Record<(typeof CALLERS)[number], Caller>);

  async function actAs(user: typeof owner): Promise<string> {
    const token = await api.logIn(user);
    const { sid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    await database('sessions').where({ id: sid }).update({ adminId: staff.id });
    return token;
  }
  routes = await readRoutes();
});
afterAll(async () => api.close());

async function readRoutes(): Promise<Route[]> {
  const { body } = await api.call('GET', '/openapi.json');
  return Object.entries(body.paths as Record<string, Record<string, Record<string, unknown>>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, described]) => ({
        method,
        path,
        auth: described['x-berth-auth'] as Route['auth'],
        permission: described['x-berth-permission'] as Permission,
        hasBody: 'requestBody' in described,
      })),
  );
}

const nameOf = ({ method, path }: Route) => `${method} ${path}`;
const concernsServer = ({ path }: Route) => /^\/(?:servers|operations)\/\{id\}/.test(path);

/** The status alone; the stream of events would never end. */
async function ask(route: Route, { token }: Caller): Promise<number> {
  const id = route.path.startsWith('/operations') ? operationId : serverId;
  const body = route.hasBody ? JSON.stringify(BODIES[nameOf(route)] ?? {}) : null;
  const answer = await request(`${api.url}${route.path.replaceAll(/\{\w+\}/g, id)}`, {
    method: route.method.toUpperCase() as 'GET',
    headers: {
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(body ? { 'Content-Type': 'application/json' } : {}),
    },
    body,
  });
  answer.body.on('error', () => undefined).destroy();
  return answer.statusCode;
}

/** 401, 403 and 404 keep somebody out; every other answer comes from behind the door. */
function expected(
  route: Route,
  { token, permission, isStaff, isNotThemselves }: Caller,
  tokenMay: Permission,
): number | 'in' {
  if (!token) return 401;
  if (!includes(tokenMay, route.permission)) return 403;
  if (route.auth.startsWith('admin') && !isStaff) return 403;
  if (route.auth.endsWith('session') && isNotThemselves) return 403;
  if (!concernsServer(route) || isStaff) return 'in';
  if (permission === null) return 404;
  return includes(permission, route.permission) ? 'in' : 403;
}

const MAY: Partial<Record<(typeof CALLERS)[number], Permission>> = {
  'token that may view': 'view',
  'token of an administrator': 'manage',
  'token for administration': 'manage',
};

it('has no route that anybody may call but those listed here', () => {
  expect(
    routes
      .filter(({ auth }) => auth === 'none')
      .map(nameOf)
      .sort(),
  ).toEqual(PUBLIC);
});

it('knows a body that passes for every route about one server', () => {
  const needed = routes.filter((route) => concernsServer(route) && route.hasBody && route.auth !== 'admin');
  expect(needed.map(nameOf).sort()).toEqual(Object.keys(BODIES).sort());
});

describe.each(CALLERS)('%s', (name) => {
  it('gets in where the documentation says so, and nowhere else', async () => {
    const caller = callers[name];
    const seen: Record<string, number | 'in'> = {};
    const wanted: Record<string, number | 'in'> = {};
    for (const route of routes.filter(({ auth }) => auth !== 'none')) {
      const status = await ask(route, caller);
      const want = expected(route, caller, MAY[name] ?? 'own');
      // Of other things than servers there may be none under this id.
      const isIn = ![401, 403].includes(status) && !(status === 404 && concernsServer(route));
      seen[nameOf(route)] = isIn ? 'in' : status;
      wanted[nameOf(route)] = want;
    }
    expect(seen).toEqual(wanted);
  });
});
