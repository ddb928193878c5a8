import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

import type { AccessState, ApiToken, ClusterState, TokenRecord, UserRecord } from './cluster-state.ts';

/** The access control of a new cluster: root@pam, and nobody else. */
export function newAccess(): AccessState {
  return { users: { 'root@pam': newUser() }, groups: {}, roles: {}, acl: [] };
}

export function newUser(): UserRecord {
  return { enable: 1, expire: 0, groups: [], tokens: {} };
}

/** The user and the name in a token's full id. */
export function splitTokenId(id: string): { userid: string; tokenid: string | undefined } {
  const [userid = '', tokenid] = id.split('!');
  return { userid, tokenid };
}

/** The user behind a caller, for what is about oneself. */
export function userOf(caller: string): string {
  return splitTokenId(caller).userid;
}

export function findToken(state: ClusterState, id: string): TokenRecord | undefined {
  const { userid, tokenid } = splitTokenId(id);
  return tokenid === undefined ? undefined : state.access.users[userid]?.tokens[tokenid];
}

/** A state as it is kept: those of before there were users have none. */
type KeptState = Omit<ClusterState, 'access' | 'release'> & Partial<Pick<ClusterState, 'access' | 'release'>>;

/** Makes sure the token that the cluster is handed out with exists, with all rights of an administrator. */
export function ensureAccess(kept: KeptState): ClusterState {
  const { access = newAccess(), release = '9.2' } = kept;
  const state = Object.assign(kept, { access, release });
  addToken(state, state.token);
  return state;
}

function addToken(state: ClusterState, { id, secret }: ApiToken): void {
  const { userid, tokenid = '' } = splitTokenId(id);
  const { users, acl } = state.access;
  const isNew = findToken(state, id) === undefined;
  const user = (users[userid] ??= newUser());
  user.tokens[tokenid] = { privsep: 0, expire: 0, ...user.tokens[tokenid], secret };
  // Whoever changed its rights later has the last word.
  if (isNew && userid !== 'root@pam') {
    acl.push({ path: '/', type: 'user', ugid: userid, roleid: 'Administrator', propagate: 1 });
  }
}

export function hashOf(password: string): string {
  const salt = randomBytes(12).toString('hex');
  return `${salt}$${scryptSync(password, salt, 32, { N: 1024 }).toString('hex')}`;
}

export function matchesHash(password: string, hash: string): boolean {
  const [salt = '', digest = ''] = hash.split('$');
  return timingSafeEqual(scryptSync(password, salt, 32, { N: 1024 }), Buffer.from(digest, 'hex'));
}
