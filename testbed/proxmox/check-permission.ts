import { refuse } from './api-error.ts';
import type { ClusterState } from './cluster-state.ts';
import { forbidden, hasAny, requireAll, requireAny } from './permissions.ts';
import type { RawValue } from './parameters.ts';
import permissions from './route-permissions.json' with { type: 'json' };

/** What the API schema asks of a caller: `all` who are logged in, the `world`, or a tree of tests. */
type Rule = string | unknown[];
type Given = Record<string, RawValue>;

const RULES: Record<string, Rule> = permissions;

/** Refuses a call whose caller lacks the rights that Proxmox VE's API schema names for it. */
export function checkPermission(state: ClusterState, caller: string, route: string, params: Given): void {
  if (caller === 'root@pam') return;
  const rule = RULES[route] ?? 'root';
  if (rule === 'world') return;
  if (caller === '') throw forbidden('user != null');
  if (rule === 'root') throw forbidden('user != root@pam');
  if (typeof rule !== 'string') check(state, caller, rule, params);
}

function holds(state: ClusterState, caller: string, rule: unknown[], params: Given): boolean {
  try {
    check(state, caller, rule, params);
    return true;
  } catch {
    return false;
  }
}

function check(state: ClusterState, caller: string, rule: unknown[], params: Given): void {
  const [test, ...rest] = rule;
  // The tree comes from the schema, whose shapes are these.
  const branches = rest as unknown[][];
  switch (test) {
    case 'and':
      for (const branch of branches) check(state, caller, branch, params);
      return;
    case 'or':
      if (!branches.some((branch) => holds(state, caller, branch, params))) throw forbidden();
      return;
    case 'perm':
      checkPrivileges(state, caller, rest as [string, string[], ...unknown[]], params);
      return;
    case 'userid-param':
      checkUserId(state, caller, String(rest[0]), params);
      return;
    case 'userid-group':
      checkUserGroups(state, caller, rest as [string[], ...unknown[]], params);
      return;
    case 'perm-modify':
      checkModify(state, caller, fill(String(rest[0]), params));
      return;
    default:
      throw new Error(`unknown permission test ${String(test)}`);
  }
}

function fill(template: string, params: Given): string {
  return template.replaceAll(/\{([^}]+)\}/g, (_, name: string) => {
    const value = params[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  });
}

function optionOf(options: unknown[], name: string): unknown {
  const at = options.indexOf(name);
  return at < 0 ? undefined : options[at + 1];
}

function checkPrivileges(
  state: ClusterState,
  caller: string,
  [template, privileges, ...options]: [string, string[], ...unknown[]],
  params: Given,
): void {
  const needed = optionOf(options, 'require_param');
  if (typeof needed === 'string' && params[needed] === undefined) throw forbidden();
  const path = fill(template, params);
  const wanted = state.release === '8.4' ? privileges.map(olderName) : privileges;
  if (optionOf(options, 'any')) requireAny(state, caller, path, [...new Set(wanted)]);
  else requireAll(state, caller, path, wanted);
}

/** Before 9.0 one privilege stood for all that the guest agent can do. */
function olderName(privilege: string): string {
  return privilege.startsWith('VM.GuestAgent.') ? 'VM.Monitor' : privilege;
}

function checkUserId(state: ClusterState, caller: string, test: string, params: Given): void {
  const userid = fill('{userid}', params);
  if (test === 'self') {
    if (userid !== caller || state.access.users[userid] === undefined) throw forbidden();
  } else {
    requireAll(state, caller, `/access/realm/${userid.split('@')[1] ?? ''}`, [test]);
  }
}

function checkUserGroups(
  state: ClusterState,
  caller: string,
  [privileges, ...options]: [string[], ...unknown[]],
  params: Given,
): void {
  const userid = fill('{userid}', params);
  const user = state.access.users[userid];
  if (optionOf(options, 'groups_param') !== 'create' && user === undefined) {
    throw refuse(`no such user ('${userid}')`);
  }
  const groups = user?.groups ?? fill('{groups}', params).split(',').filter(Boolean);
  if (groups.some((group) => hasAny(state, caller, `/access/groups/${group}`, privileges))) return;
  requireAny(state, caller, '/access/groups', privileges);
}

/** Who may change the ACL of a path: on some, owners of what is there may too. */
function checkModify(state: ClusterState, caller: string, path: string): void {
  const [, kind] = /^\/(storage|vms|pool)\/./.exec(path) ?? [];
  const owner = { storage: ['Datastore.Allocate'], vms: ['VM.Allocate'], pool: ['Pool.Allocate'] }[
    kind ?? ''
  ];
  requireAny(state, caller, path, ['Permissions.Modify', ...(owner ?? [])]);
}
