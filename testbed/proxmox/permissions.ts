import { ApiError } from './api-error.ts';
import { findToken, splitTokenId } from './access-state.ts';
import type { AclEntry, ClusterState } from './cluster-state.ts';
import { allPrivileges, builtInRoles } from './privileges.ts';

/** Privileges on a path, and whether each reaches what lies below. */
type Privileges = Map<string, boolean>;
/** Roles on a path, and whether each propagates. */
type Roles = Map<string, boolean>;

/** Every role with its privileges, the made ones after the built-in ones. */
export function rolesOf({ release, access }: ClusterState): Record<string, string[]> {
  return { ...builtInRoles(release), ...access.roles };
}

/** Entries of one level of the path, those of a user before those of its groups. */
function entriesAt(state: ClusterState, user: string, path: string): AclEntry[] {
  const here = state.access.acl.filter((entry) => entry.path === path);
  if (user.includes('!')) return here.filter(({ type, ugid }) => type === 'token' && ugid === user);
  const own = here.filter(({ type, ugid }) => type === 'user' && ugid === user);
  if (own.length > 0) return own;
  const groups = state.access.users[user]?.groups ?? [];
  return here.filter(({ type, ugid }) => type === 'group' && groups.includes(ugid));
}

/** Roles of a user or of a token by itself: the deepest level that says something decides. */
function rolesOn(state: ClusterState, user: string, path: string): Roles {
  const parts = path.split('/').filter(Boolean);
  let roles: Roles = new Map();
  for (let depth = 0; depth <= parts.length; depth += 1) {
    const level = `/${parts.slice(0, depth).join('/')}`;
    const isFinal = depth === parts.length;
    const entries = entriesAt(state, user, level).filter(({ propagate }) => isFinal || propagate === 1);
    if (entries.length > 0) roles = new Map(entries.map((e) => [e.roleid, e.propagate === 1]));
  }
  if (roles.has('NoAccess')) return new Map([['NoAccess', roles.get('NoAccess') === true]]);
  return roles;
}

/** A VM or a storage in a pool has the pool's roles too; they reach no further. */
function addPoolRoles(state: ClusterState, user: string, path: string, roles: Roles): void {
  const [, kind, id] = /^\/(vms|storage)\/([^/]+)$/.exec(path) ?? [];
  if (kind === undefined || id === undefined || roles.has('NoAccess')) return;
  for (const pool of state.pools) {
    const isMember = kind === 'vms' ? pool.members.includes(Number(id)) : (pool.storages ?? []).includes(id);
    if (!isMember) continue;
    for (const role of rolesOn(state, user, `/pool/${pool.poolid}`).keys()) {
      if (!roles.has(role)) roles.set(role, false);
    }
  }
}

function ownPrivileges(state: ClusterState, user: string, path: string): Privileges {
  const roles = rolesOn(state, user, path);
  addPoolRoles(state, user, path, roles);
  const builtIn = builtInRoles(state.release);
  const privileges: Privileges = new Map();
  if (roles.has('NoAccess')) return privileges;
  for (const [role, propagates] of roles) {
    for (const privilege of builtIn[role] ?? state.access.roles[role] ?? []) {
      privileges.set(privilege, propagates || privileges.get(privilege) === true);
    }
  }
  return privileges;
}

/** What a user or token may do on a path. A separated token has what both it and its user have. */
export function privilegesOn(state: ClusterState, caller: string, path: string): Privileges {
  if (caller === 'root@pam') return new Map(allPrivileges(state.release).map((name) => [name, true]));
  const { userid, tokenid } = splitTokenId(caller);
  if (tokenid === undefined) return ownPrivileges(state, caller, path);
  const ofUser = privilegesOn(state, userid, path);
  const token = findToken(state, caller);
  if (token?.privsep === 0) return ofUser;
  const both: Privileges = new Map();
  for (const [name, propagates] of ownPrivileges(state, caller, path)) {
    const other = ofUser.get(name);
    if (other !== undefined) both.set(name, propagates && other);
  }
  return both;
}

/** The 403 of a call that lacks a right. */
export function forbidden(detail?: string): ApiError {
  return new ApiError(403, `Permission check failed${detail === undefined ? '' : ` (${detail})`}`);
}

export function hasAny(state: ClusterState, caller: string, path: string, wanted: string[]): boolean {
  const privileges = privilegesOn(state, caller, path);
  return wanted.some((name) => privileges.has(name));
}

/** All of the privileges, or the 403 that names the first missing one. */
export function requireAll(state: ClusterState, caller: string, path: string, wanted: string[]): void {
  const privileges = privilegesOn(state, caller, path);
  const missing = wanted.find((name) => !privileges.has(name));
  if (missing !== undefined) throw forbidden(`${path}, ${missing}`);
}

/** One of the privileges, or the 403 that names them all. */
export function requireAny(state: ClusterState, caller: string, path: string, wanted: string[]): void {
  if (!hasAny(state, caller, path, wanted)) throw forbidden(`${path}, ${wanted.join('|')}`);
}
