import { randomUUID } from 'node:crypto';

import { hashOf, newUser, userOf } from './access-state.ts';
import { ApiError, badParameters, refuse } from './api-error.ts';
import type { ClusterState, TokenRecord, UserRecord } from './cluster-state.ts';
import { listOf } from './parameter-formats.ts';
import type { Values } from './parameters.ts';
import { hasAny } from './permissions.ts';
import type { Call, Route } from './route.ts';

const TEXTS = ['comment', 'email', 'firstname', 'lastname', 'keys'] as const;

function requireUser(state: ClusterState, userid: string, what = ''): UserRecord {
  const user = state.access.users[userid];
  if (!user) throw refuse(`${what}no such user ('${userid}')`);
  return user;
}

function requireToken(state: ClusterState, params: Values): TokenRecord {
  const user = requireUser(state, String(params.userid));
  const token = user.tokens[String(params.tokenid)];
  if (!token) throw refuse(`no such token '${params.tokenid}' for user '${params.userid}'`);
  return token;
}

function applyFields(state: ClusterState, user: UserRecord, params: Values, what: string): void {
  for (const key of TEXTS) if (params[key] !== undefined) user[key] = String(params[key]);
  if (params.enable !== undefined) user.enable = Number(params.enable);
  if (params.expire !== undefined) user.expire = Number(params.expire);
  if (params.groups === undefined) return;
  const groups = listOf(params.groups);
  const unknown = groups.find((group) => state.access.groups[group] === undefined);
  if (unknown !== undefined) throw refuse(`${what}no such group '${unknown}'`);
  user.groups = params.append ? [...new Set([...user.groups, ...groups])] : groups;
}

function createUser({ cluster: { state }, params }: Call): null {
  const userid = String(params.userid);
  const what = 'create user failed: ';
  if (state.access.users[userid]) throw refuse(`${what}user '${userid}' already exists`);
  const realm = userid.split('@')[1] ?? '';
  if (!['pam', 'pve'].includes(realm)) throw refuse(`${what}domain '${realm}' does not exist`);
  const user = newUser();
  applyFields(state, user, params, what);
  if (params.password !== undefined) user.passwordHash = hashOf(String(params.password));
  state.access.users[userid] = user;
  return null;
}

function deleteUser({ cluster: { state }, params }: Call): null {
  const userid = String(params.userid);
  requireUser(state, userid, 'delete user failed: ');
  delete state.access.users[userid];
  state.access.acl = state.access.acl.filter(({ ugid }) => userOf(ugid) !== userid);
  return null;
}

/** What a list shows of a user; absent texts are left out. */
function shown(userid: string, user: UserRecord): Record<string, unknown> {
  const texts = TEXTS.filter((key) => user[key] !== undefined).map((key) => [key, user[key]]);
  return {
    userid,
    enable: user.enable,
    expire: user.expire,
    'realm-type': userid.split('@')[1],
    ...Object.fromEntries(texts),
  };
}

/** Everyone sees oneself; the others need a right on one of a user's groups or on all. */
function listUsers({ cluster: { state }, caller, params }: Call): unknown[] {
  const audit = ['User.Modify', 'Sys.Audit'];
  const seesAll = hasAny(state, caller.user, '/access/groups', audit);
  const sees = (userid: string, { groups }: UserRecord): boolean =>
    seesAll ||
    userid === userOf(caller.user) ||
    groups.some((group) => hasAny(state, caller.user, `/access/groups/${group}`, audit));
  return Object.entries(state.access.users)
    .filter(([userid, user]) => sees(userid, user))
    .filter(([, user]) => params.enabled === undefined || user.enable === params.enabled)
    .map(([userid, user]) => ({
      ...shown(userid, user),
      ...(params.full
        ? {
            groups: user.groups.join(','),
            tokens: Object.entries(user.tokens).map(([tokenid, token]) => ({ tokenid, ...info(token) })),
          }
        : {}),
    }));
}

function info({ comment, expire, privsep }: TokenRecord): Record<string, unknown> {
  return { expire, privsep, ...(comment === undefined ? {} : { comment }) };
}

function createToken({ cluster: { state }, params }: Call): unknown {
  const { userid, tokenid, privsep = 1, expire, comment } = params;
  const user = requireUser(state, String(userid));
  if (user.tokens[String(tokenid)]) throw badParameters({ tokenid: 'Token already exists.' });
  const secret = randomUUID();
  user.tokens[String(tokenid)] = {
    secret,
    privsep: Number(privsep),
    expire: Number(expire ?? user.expire),
    ...(comment === undefined ? {} : { comment: String(comment) }),
  };
  // Echoed as they came in, so that numbers are texts here and numbers when they are read.
  const echo = { expire, comment, privsep };
  const given = Object.entries(echo).filter(([, value]) => value !== undefined);
  return {
    'full-tokenid': `${userid}!${tokenid}`,
    value: secret,
    info: Object.fromEntries(given.map(([key, value]) => [key, String(value)])),
  };
}

function updateToken({ cluster: { state }, params }: Call): unknown {
  const token = requireToken(state, params);
  const before = info(token);
  if (params.expire !== undefined) token.expire = Number(params.expire);
  if (params.privsep !== undefined) token.privsep = Number(params.privsep);
  if (params.comment !== undefined) token.comment = String(params.comment);
  if (params.delete === 'comment') delete token.comment;
  const changed = ['expire', 'privsep', 'comment'].filter((key) => params[key] !== undefined);
  return { ...before, ...Object.fromEntries(changed.map((key) => [key, String(params[key])])) };
}

function deleteToken({ cluster: { state }, params }: Call): null {
  requireToken(state, params);
  delete state.access.users[String(params.userid)]?.tokens[String(params.tokenid)];
  const id = `${params.userid}!${params.tokenid}`;
  state.access.acl = state.access.acl.filter(({ ugid }) => ugid !== id);
  return null;
}

function setPassword({ cluster: { state }, params, caller }: Call): null {
  if (caller.isToken) {
    throw new ApiError(
      403,
      "Permission check failed (URI '/access/password' not available with API token, need proper ticket.",
    );
  }
  const userid = String(params.userid);
  const user = requireUser(state, userid);
  if (userid === 'root@pam') state.rootPassword = String(params.password);
  else user.passwordHash = hashOf(String(params.password));
  return null;
}

const USER = '/access/users/{userid}';
const TOKEN = `${USER}/token/{tokenid}`;

/** /access/users with their API tokens, and /access/password. */
export const userRoutes: Route[] = [
  {
    method: 'GET',
    path: '/access/users',
    isForwarded: true,
    handle: listUsers,
  },
  {
    method: 'POST',
    path: '/access/users',
    isForwarded: true,
    handle: createUser,
  },
  {
    method: 'GET',
    path: USER,
    handle: ({ cluster: { state }, params }) => {
      const user = requireUser(state, String(params.userid));
      const { userid: _userid, 'realm-type': _realm, ...fields } = shown('', user);
      const tokens = Object.entries(user.tokens).map(([tokenid, token]) => [tokenid, info(token)]);
      return {
        ...fields,
        groups: user.groups,
        ...(tokens.length > 0 ? { tokens: Object.fromEntries(tokens) as object } : {}),
      };
    },
  },
  {
    method: 'PUT',
    path: USER,
    isForwarded: true,
    handle: ({ cluster: { state }, params }) => {
      const what = 'update user failed: ';
      applyFields(state, requireUser(state, String(params.userid), what), params, what);
      return null;
    },
  },
  { method: 'DELETE', path: USER, isForwarded: true, handle: deleteUser },
  {
    method: 'GET',
    path: `${USER}/token`,
    handle: ({ cluster: { state }, params }) =>
      Object.entries(requireUser(state, String(params.userid)).tokens).map(([tokenid, token]) => ({
        tokenid,
        ...info(token),
      })),
  },
  {
    method: 'GET',
    path: TOKEN,
    handle: ({ cluster: { state }, params }) => info(requireToken(state, params)),
  },
  {
    method: 'POST',
    path: TOKEN,
    isForwarded: true,
    handle: createToken,
  },
  {
    method: 'PUT',
    path: TOKEN,
    isForwarded: true,
    handle: updateToken,
  },
  { method: 'DELETE', path: TOKEN, isForwarded: true, handle: deleteToken },
  {
    method: 'PUT',
    path: '/access/password',
    isForwarded: true,
    handle: setPassword,
  },
];
