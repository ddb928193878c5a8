import { createHash } from 'node:crypto';

import { badParameters, refuse } from './api-error.ts';
import { findVm } from './cluster.ts';
import type { Firewall } from './cluster-state.ts';
import { BOOLEAN, integer, NODE, optional, STRING, VMID } from './parameters.ts';
import type { Parameter, Parameters, Values } from './parameters.ts';
import type { Call, Route } from './route.ts';

const VM: Parameters = { node: NODE, vmid: VMID };
const DIGEST: Parameters = { digest: { ...STRING, maxLength: 64 } };
const LEVEL: Parameter = {
  ...STRING,
  enum: ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug', 'nolog'],
};
const POLICY: Parameter = { ...STRING, enum: ['ACCEPT', 'REJECT', 'DROP'] };
const OPTIONS: Parameters = {
  dhcp: BOOLEAN,
  enable: BOOLEAN,
  ipfilter: BOOLEAN,
  log_level_in: LEVEL,
  log_level_out: LEVEL,
  macfilter: BOOLEAN,
  ndp: BOOLEAN,
  policy_in: POLICY,
  policy_out: POLICY,
  radv: BOOLEAN,
};
const RULE: Parameters = {
  comment: STRING,
  dest: { ...STRING, maxLength: 512 },
  dport: STRING,
  enable: integer(0),
  'icmp-type': STRING,
  iface: STRING,
  log: LEVEL,
  macro: STRING,
  pos: integer(0),
  proto: STRING,
  source: { ...STRING, maxLength: 512 },
  sport: STRING,
};
const ACTION: Parameter = { type: 'string', pattern: /^[A-Za-z][A-Za-z0-9\-_]+$/ };
const TYPE: Parameter = { type: 'string', enum: ['in', 'out', 'forward', 'group'] };
const NAME: Parameter = { type: 'string', pattern: /^[A-Za-z][A-Za-z0-9\-_]+$/ };
const CIDR: Parameter = { type: 'string' };
const ENTRY: Parameters = { comment: STRING, nomatch: BOOLEAN };

function firewallOf({ cluster, node, vmid }: Call): Firewall {
  const vm = findVm(cluster, node, vmid);
  // Nobody looks whether there is such a VM; a deleted one has an empty firewall.
  if (!vm) return { options: {}, rules: [], sets: {} };
  vm.firewall ??= { options: {}, rules: [], sets: {} };
  return vm.firewall;
}

function digestOf(part: unknown): string {
  const text = JSON.stringify(part);
  return createHash('sha1')
    .update(text === '{}' || text === '[]' ? '' : text)
    .digest('hex');
}

function checkDigest(part: unknown, given: string | number | undefined): void {
  if (given !== undefined && given !== digestOf(part)) {
    throw refuse('detected modified configuration - file changed by other user? Try again.');
  }
}

function withoutControl(params: Values): Values {
  const { node: _n, vmid: _v, digest: _d, delete: _del, pos: _p, moveto: _m, name: _name, ...rest } = params;
  return rest;
}

function checkAction({ type, action }: Values): void {
  if (type !== 'group' && !['ACCEPT', 'DROP', 'REJECT'].includes(String(action))) {
    throw badParameters({ action: `unknown action '${action}'` });
  }
}

function removeKeys(from: Values, keys: string | number | undefined): void {
  for (const key of String(keys ?? '').split(/[,; ]+/)) delete from[key];
}

function ruleAt(rules: Values[], pos: string | number | undefined): Values {
  const rule = rules[Number(pos)];
  if (!rule) throw badParameters({ pos: `no rule at position ${pos}` });
  return rule;
}

function addRule(call: Call): null {
  checkAction(call.params);
  const { rules } = firewallOf(call);
  checkDigest(rules, call.params.digest);
  rules.splice(Number(call.params.pos ?? 0), 0, withoutControl(call.params));
  return null;
}

function changeRule(call: Call): null {
  const { params } = call;
  const { rules } = firewallOf(call);
  const rule = ruleAt(rules, params.pos);
  checkDigest(rules, params.digest);
  if (params.action !== undefined) checkAction({ ...rule, ...params });
  Object.assign(rule, withoutControl(params));
  removeKeys(rule, params.delete);
  if (params.moveto !== undefined) {
    rules.splice(Number(params.pos), 1);
    rules.splice(Number(params.moveto), 0, rule);
  }
  return null;
}

function printRule(rules: Values[], rule: Values, pos: number): Values {
  return { ...rule, pos, digest: digestOf(rules) };
}

function setOf(call: Call): Values[] {
  const name = String(call.params.name);
  const set = firewallOf(call).sets[name];
  if (!set) throw refuse(`no such IPSet '${name}'`);
  return set;
}

function entryOf(set: Values[], cidr: string | number | undefined): Values {
  const entry = set.find((one) => one.cidr === cidr);
  if (!entry) throw badParameters({ cidr: `no such IP/Network in IPSet` });
  return entry;
}

function addSet(call: Call): null {
  const { sets } = firewallOf(call);
  const name = String(call.params.name);
  if (sets[name]) throw badParameters({ name: `IPSet '${name}' already exists` });
  sets[name] = [];
  return null;
}

function addEntry(call: Call): null {
  const set = setOf(call);
  const { cidr } = call.params;
  if (set.some((one) => one.cidr === cidr)) throw badParameters({ cidr: `address '${cidr}' already exists` });
  set.push(withoutControl(call.params));
  return null;
}

const BASE = '/nodes/{node}/qemu/{vmid}/firewall';

/** The firewall of a VM: options, rules and sets of addresses. */
export const firewallRoutes: Route[] = [
  {
    method: 'GET',
    path: `${BASE}/options`,
    parameters: VM,
    handle: (call) => {
      const { options } = firewallOf(call);
      return { ...options, digest: digestOf(options) };
    },
  },
  {
    method: 'PUT',
    path: `${BASE}/options`,
    isForwarded: true,
    parameters: { ...VM, ...OPTIONS, ...DIGEST, delete: STRING },
    handle: (call) => {
      const { options } = firewallOf(call);
      checkDigest(options, call.params.digest);
      Object.assign(options, withoutControl(call.params));
      removeKeys(options, call.params.delete);
      return null;
    },
  },
  {
    method: 'GET',
    path: `${BASE}/rules`,
    parameters: VM,
    handle: (call) => {
      const { rules } = firewallOf(call);
      return rules.map((rule, pos) => printRule(rules, rule, pos));
    },
  },
  {
    method: 'POST',
    path: `${BASE}/rules`,
    isForwarded: true,
    parameters: { ...VM, ...RULE, ...DIGEST, action: ACTION, type: TYPE },
    handle: addRule,
  },
  {
    method: 'GET',
    path: `${BASE}/rules/{pos}`,
    parameters: { ...VM, pos: integer(0) },
    handle: (call) => {
      const { rules } = firewallOf(call);
      return printRule(rules, ruleAt(rules, call.params.pos), Number(call.params.pos));
    },
  },
  {
    method: 'PUT',
    path: `${BASE}/rules/{pos}`,
    isForwarded: true,
    parameters: {
      ...VM,
      ...RULE,
      ...DIGEST,
      action: optional(ACTION),
      type: optional(TYPE),
      moveto: integer(0),
      delete: STRING,
    },
    handle: changeRule,
  },
  {
    method: 'DELETE',
    path: `${BASE}/rules/{pos}`,
    isForwarded: true,
    parameters: { ...VM, ...DIGEST, pos: integer(0) },
    handle: (call) => {
      const { rules } = firewallOf(call);
      ruleAt(rules, call.params.pos);
      checkDigest(rules, call.params.digest);
      rules.splice(Number(call.params.pos), 1);
      return null;
    },
  },
  {
    method: 'GET',
    path: `${BASE}/ipset`,
    parameters: VM,
    handle: (call) =>
      Object.entries(firewallOf(call).sets).map(([name, set]) => ({ name, digest: digestOf(set) })),
  },
  {
    method: 'POST',
    path: `${BASE}/ipset`,
    isForwarded: true,
    parameters: { ...VM, ...DIGEST, name: NAME, comment: STRING, rename: STRING },
    handle: addSet,
  },
  {
    method: 'GET',
    path: `${BASE}/ipset/{name}`,
    parameters: { ...VM, name: NAME },
    handle: (call) => {
      const set = setOf(call);
      return set.map((entry) => ({ ...entry, digest: digestOf(set) }));
    },
  },
  {
    method: 'POST',
    path: `${BASE}/ipset/{name}`,
    isForwarded: true,
    parameters: { ...VM, ...ENTRY, name: NAME, cidr: CIDR },
    handle: addEntry,
  },
  {
    method: 'DELETE',
    path: `${BASE}/ipset/{name}`,
    isForwarded: true,
    parameters: { ...VM, name: NAME, force: BOOLEAN },
    handle: (call) => {
      const { sets } = firewallOf(call);
      const name = String(call.params.name);
      if (setOf(call).length > 0 && !call.params.force) throw refuse(`IPSet '${name}' is not empty`);
      delete sets[name];
      return null;
    },
  },
  {
    method: 'GET',
    path: `${BASE}/ipset/{name}/{cidr}`,
    parameters: { ...VM, name: NAME, cidr: CIDR },
    handle: (call) => ({ ...entryOf(setOf(call), call.params.cidr), digest: digestOf(setOf(call)) }),
  },
  {
    method: 'DELETE',
    path: `${BASE}/ipset/{name}/{cidr}`,
    isForwarded: true,
    parameters: { ...VM, ...DIGEST, name: NAME, cidr: CIDR },
    handle: (call) => {
      const set = setOf(call);
      set.splice(set.indexOf(entryOf(set, call.params.cidr)), 1);
      return null;
    },
  },
];
