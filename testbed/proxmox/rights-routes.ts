import { findToken, splitTokenId } from './access-state.ts';
import { badParameters, refuse } from './api-error.ts';
import type { AclEntry, ClusterState } from './cluster-state.ts';
import { listOf } from './parameter-formats.ts';
import type { Values } from './parameters.ts';
import { forbidden, hasAny, privilegesOn, rolesOf } from './permissions.ts';
import { builtInRoles } from './privileges.ts';
import type { Call, Route } from './route.ts';

function createRole({ cluster: { state }, params }: Call): null {
  const roleid = String(params.roleid);
  if (rolesOf(state)[roleid]) throw refuse(`create role failed: role '${roleid}' already exists`);
  if (/^pve/i.test(roleid)) {
    throw badParameters({
      roleid: "cannot use role ID starting with the (case-insensitive) 'PVE' namespace",
    });
  }
  const privileges = listOf(params.privs);
  state.access.roles[roleid] = privileges;
  return null;
}

function updateRole({ cluster: { state }, params }: Call): null {
  const roleid = String(params.roleid);
  if (builtInRoles(state.release)[roleid]) {
    throw refuse(`auto-generated role '${roleid}' cannot be modified`);
  }
  const before = state.access.roles[roleid];
  if (!before) throw refuse(`role '${roleid}' does not exist`);
  const privileges = listOf(params.privs);
  state.access.roles[roleid] = params.append ? [...new Set([...before, ...privileges])] : privileges;
  return null;
}

function deleteRole({ cluster: { state }, params }: Call): null {
  const roleid = String(params.roleid);
  if (builtInRoles(state.release)[roleid]) {
    throw refuse(`auto-generated role '${roleid}' cannot be deleted`);
  }
  if (!state.access.roles[roleid]) throw refuse(`delete role failed: role '${roleid}' does not exist`);
  delete state.access.roles[roleid];
  return null;
}

const NAME = '[A-Za-z0-9.\\-_]+';
const ACL_PATH = new RegExp(
  `^(?:/|/access|/access/(?:groups|realm)(?:/${NAME})?|/mapping(?:/${NAME}){0,2}|/nodes(?:/${NAME})?` +
    `|/pool(?:/${NAME}){0,3}|/sdn|/sdn/(?:controllers|dns|ipams|fabrics|prefix-lists|route-maps)(?:/${NAME})?` +
    `|/sdn/zones(?:/${NAME}(?:/${NAME}(?:/[1-9]\\d{0,3})?)?)?|/storage(?:/${NAME})?|/vms(?:/[1-9]\\d{2,})?)$`,
);

/** Without doubled and trailing slashes, or undefined when nothing can have such a path. */
function normalPath(text: string): string | undefined {
  const path = `/${text.split('/').filter(Boolean).join('/')}`;
  return text.startsWith('/') && ACL_PATH.test(path) ? path : undefined;
}

function subjectsOf(state: ClusterState, params: Values): Pick<AclEntry, 'type' | 'ugid'>[] {
  const what = 'ACL update failed: ';
  const users = listOf(params.users).map((ugid) => ({ type: 'user' as const, ugid }));
  const groups = listOf(params.groups).map((ugid) => ({ type: 'group' as const, ugid }));
  const tokens = listOf(params.tokens).map((ugid) => ({ type: 'token' as const, ugid }));
  for (const { ugid } of groups) {
    if (!state.access.groups[ugid]) throw refuse(`${what}group '${ugid}' does not exist`);
  }
  for (const { ugid } of users) {
    if (!state.access.users[ugid]) throw refuse(`${what}user '${ugid}' does not exist`);
  }
  for (const { ugid } of tokens) {
    const { userid, tokenid } = splitTokenId(ugid);
    if (!findToken(state, ugid)) throw refuse(`${what}no such token '${tokenid}' for user '${userid}'`);
  }
  return [...groups, ...users, ...tokens];
}

function updateAcl({ cluster: { state }, params, caller }: Call): null {
  if (params.users === undefined && params.groups === undefined && params.tokens === undefined) {
    const missing = "either 'users', 'groups' or 'tokens' is required.";
    throw badParameters({ users: missing, groups: missing, tokens: missing });
  }
  const path = normalPath(String(params.path));
  if (path === undefined) throw badParameters({ path: `invalid ACL path '${params.path}'` });
  const roles = listOf(params.roles);
  const known = rolesOf(state);
  const mayGrantAny = hasAny(state, caller.user, path, ['Permissions.Modify']);
  const own = privilegesOn(state, caller.user, path);
  for (const roleid of roles) {
    const privileges = known[roleid];
    if (!privileges) throw refuse(`ACL update failed: role '${roleid}' does not exist`);
    // Whoever may only because the thing is theirs can hand on no more than they have.
    if (!mayGrantAny && privileges.some((name) => !own.has(name))) throw forbidden();
  }
  const propagate = Number(params.propagate ?? 1);
  for (const subject of subjectsOf(state, params)) {
    for (const roleid of roles) {
      const isSame = (e: AclEntry): boolean =>
        e.path === path && e.type === subject.type && e.ugid === subject.ugid && e.roleid === roleid;
      state.access.acl = state.access.acl.filter((entry) => !isSame(entry));
      if (!params.delete) state.access.acl.push({ path, ...subject, roleid, propagate });
    }
  }
  return null;
}

function deleteGroup({ cluster: { state }, params }: Call): null {
  const groupid = String(params.groupid);
  if (!state.access.groups[groupid]) throw refuse(`delete group failed: group '${groupid}' does not exist`);
  delete state.access.groups[groupid];
  state.access.acl = state.access.acl.filter(({ type, ugid }) => type !== 'group' || ugid !== groupid);
  for (const user of Object.values(state.access.users)) {
    user.groups = user.groups.filter((group) => group !== groupid);
  }
  return null;
}

function requireGroup(state: ClusterState, groupid: string, what = ''): { comment?: string } {
  const group = state.access.groups[groupid];
  if (!group) throw refuse(`${what}group '${groupid}' does not exist`);
  return group;
}

function membersOf(state: ClusterState, groupid: string): string[] {
  return Object.entries(state.access.users)
    .filter(([, { groups }]) => groups.includes(groupid))
    .map(([userid]) => userid);
}

const roleRoutes: Route[] = [
  {
    method: 'GET',
    path: '/access/roles',
    handle: ({ cluster: { state } }) => {
      const builtIn = builtInRoles(state.release);
      return Object.entries(rolesOf(state)).map(([roleid, privileges]) => ({
        roleid,
        privs: privileges.join(','),
        special: Number(builtIn[roleid] !== undefined),
      }));
    },
  },
  {
    method: 'POST',
    path: '/access/roles',
    isForwarded: true,
    handle: createRole,
  },
  {
    method: 'GET',
    path: '/access/roles/{roleid}',
    handle: ({ cluster: { state }, params }) => {
      const privileges = rolesOf(state)[String(params.roleid)];
      if (!privileges) throw refuse(`role '${params.roleid}' does not exist`);
      return Object.fromEntries(privileges.map((name) => [name, 1]));
    },
  },
  {
    method: 'PUT',
    path: '/access/roles/{roleid}',
    isForwarded: true,
    handle: updateRole,
  },
  {
    method: 'DELETE',
    path: '/access/roles/{roleid}',
    isForwarded: true,
    handle: deleteRole,
  },
];

const groupRoutes: Route[] = [
  {
    method: 'GET',
    path: '/access/groups',
    handle: ({ cluster: { state }, caller }) =>
      Object.entries(state.access.groups)
        .filter(([groupid]) =>
          hasAny(state, caller.user, `/access/groups/${groupid}`, [
            'User.Modify',
            'Sys.Audit',
            'Group.Allocate',
          ]),
        )
        .map(([groupid, group]) => ({ groupid, ...group, users: membersOf(state, groupid).join(',') })),
  },
  {
    method: 'POST',
    path: '/access/groups',
    isForwarded: true,
    handle: ({ cluster: { state }, params }) => {
      const groupid = String(params.groupid);
      if (state.access.groups[groupid]) {
        throw refuse(`create group failed: group '${groupid}' already exists`);
      }
      state.access.groups[groupid] = params.comment === undefined ? {} : { comment: String(params.comment) };
      return null;
    },
  },
  {
    method: 'GET',
    path: '/access/groups/{groupid}',
    handle: ({ cluster: { state }, params }) => ({
      ...requireGroup(state, String(params.groupid)),
      members: membersOf(state, String(params.groupid)),
    }),
  },
  {
    method: 'PUT',
    path: '/access/groups/{groupid}',
    isForwarded: true,
    handle: ({ cluster: { state }, params }) => {
      const group = requireGroup(state, String(params.groupid), 'update group failed: ');
      if (params.comment !== undefined) group.comment = String(params.comment);
      return null;
    },
  },
  {
    method: 'DELETE',
    path: '/access/groups/{groupid}',
    isForwarded: true,
    handle: deleteGroup,
  },
];

const aclRoutes: Route[] = [
  {
    method: 'GET',
    path: '/access/acl',
    handle: ({ cluster: { state }, caller }) => {
      const seesAll = hasAny(state, caller.user, '/access', ['Sys.Audit', 'Permissions.Modify']);
      return state.access.acl.filter(
        ({ path }) => seesAll || hasAny(state, caller.user, path, ['Permissions.Modify']),
      );
    },
  },
  {
    method: 'PUT',
    path: '/access/acl',
    isForwarded: true,
    handle: updateAcl,
  },
];

/** /access/roles, groups and acl. */
export const rightsRoutes: Route[] = [...roleRoutes, ...groupRoutes, ...aclRoutes];
