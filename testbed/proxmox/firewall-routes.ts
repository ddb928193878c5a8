import { createHash } from 'node:crypto';

import { badParameters, refuse } from './api-error.ts';
import type { VmFirewall } from './cluster-state.ts';
import { listOf } from './parameter-formats.ts';
import type { Values } from './parameters.ts';
import type { Call, Route } from './route.ts';

const FOLDER = '/nodes/{node}/qemu/{vmid}/firewall';
/** What a call takes besides what it sets. */
const OF_THE_CALL = new Set(['node', 'vmid', 'delete', 'digest', 'moveto', 'name', 'pos']);

/** The file lies apart from the VM's own, so that there is one of any id, also of a VM that is gone. */
function firewallOf({ cluster, vmid }: Call): VmFirewall {
  return cluster.state.firewalls?.[vmid] ?? { options: {}, rules: [], ipsets: {} };
}

function change(call: Call, edit: (firewall: VmFirewall) => void): null {
  const firewall = JSON.parse(JSON.stringify(firewallOf(call))) as VmFirewall;
  checkDigest(call.params, firewall);
  edit(firewall);
  call.cluster.state.firewalls ??= {};
  call.cluster.state.firewalls[call.vmid] = firewall;
  return null;
}

function sha1(value: object): string {
  const isEmpty = Object.keys(value).length === 0;
  return createHash('sha1')
    .update(isEmpty ? '' : JSON.stringify(value))
    .digest('hex');
}

function checkDigest({ digest }: Values, { options, rules, ipsets }: VmFirewall): void {
  if (digest === undefined) return;
  const known = [options, rules, ...Object.values(ipsets)].map(sha1);
  if (!known.includes(String(digest)))
    throw refuse('detected modified configuration - file changed by other user? Try again.');
}

function withDigest(value: object, digest: string): Record<string, unknown> {
  return { ...value, digest };
}

function valuesIn(params: Values): Values {
  return Object.fromEntries(Object.entries(params).filter(([key]) => !OF_THE_CALL.has(key)));
}

function checkRule(rule: Values): void {
  const { action, type } = rule;
  if (action !== undefined && type !== 'group' && !['ACCEPT', 'DROP', 'REJECT'].includes(String(action))) {
    throw badParameters({ action: `unknown action '${action}'` });
  }
}

function setOf(firewall: VmFirewall, name: string | number | undefined): VmFirewall['ipsets'][string] {
  const set = firewall.ipsets[String(name)];
  if (!set) throw refuse(`no such IPSet '${name}'`);
  return set;
}

function ruleAt(firewall: VmFirewall, pos: string | number | undefined): Values {
  const rule = firewall.rules[Number(pos)];
  if (!rule) throw refuse(`no rule at position ${pos}`);
  return rule;
}

function route(method: Route['method'], path: string, handle: Route['handle']): Route {
  const isForwarded = method !== 'GET';
  return { method, path: `${FOLDER}${path}`, isForwarded, handle };
}

/** /nodes/{node}/qemu/{vmid}/firewall: what is set is kept; no packet is ever filtered. */
export const firewallRoutes: Route[] = [
  route('GET', '', () => ['rules', 'aliases', 'ipset', 'refs', 'options', 'log'].map((name) => ({ name }))),
  route('GET', '/options', (call) => {
    const { options } = firewallOf(call);
    return withDigest(options, sha1(options));
  }),
  route('PUT', '/options', (call) =>
    change(call, (firewall) => {
      Object.assign(firewall.options, valuesIn(call.params));
      for (const key of listOf(call.params.delete)) delete firewall.options[key];
    }),
  ),
  route('GET', '/rules', (call) => {
    const { rules } = firewallOf(call);
    return rules.map((rule, pos) => withDigest({ ...rule, pos }, sha1(rules)));
  }),
  route('POST', '/rules', (call) =>
    change(call, (firewall) => {
      const rule = valuesIn(call.params);
      checkRule(rule);
      // A new rule comes first, unless it says where.
      firewall.rules.splice(Number(call.params.pos ?? 0), 0, rule);
    }),
  ),
  route('GET', '/rules/{pos}', (call) => {
    const firewall = firewallOf(call);
    return withDigest({ ...ruleAt(firewall, call.params.pos), pos: call.params.pos }, sha1(firewall.rules));
  }),
  route('PUT', '/rules/{pos}', (call) =>
    change(call, (firewall) => {
      const rule = ruleAt(firewall, call.params.pos);
      const changes = valuesIn(call.params);
      checkRule({ ...rule, ...changes });
      Object.assign(rule, changes);
      for (const key of listOf(call.params.delete)) delete rule[key];
      if (call.params.moveto === undefined) return;
      firewall.rules.splice(Number(call.params.pos), 1);
      firewall.rules.splice(Number(call.params.moveto), 0, rule);
    }),
  ),
  route('DELETE', '/rules/{pos}', (call) =>
    change(call, (firewall) => {
      ruleAt(firewall, call.params.pos);
      firewall.rules.splice(Number(call.params.pos), 1);
    }),
  ),
  route('GET', '/ipset', (call) =>
    Object.entries(firewallOf(call).ipsets).map(([name, { comment, entries }]) =>
      withDigest({ name, ...(comment ? { comment } : {}) }, sha1(entries)),
    ),
  ),
  route('POST', '/ipset', (call) =>
    change(call, ({ ipsets }) => {
      const name = String(call.params.name);
      if (ipsets[name]) throw refuse(`IPSet '${name}' already exists`);
      ipsets[name] = {
        entries: [],
        ...(call.params.comment ? { comment: String(call.params.comment) } : {}),
      };
    }),
  ),
  route('DELETE', '/ipset/{name}', (call) =>
    change(call, (firewall) => {
      const set = setOf(firewall, call.params.name);
      if (set.entries.length > 0 && !call.params.force)
        throw refuse(`IPSet '${call.params.name}' is not empty`);
      delete firewall.ipsets[String(call.params.name)];
    }),
  ),
  route('GET', '/ipset/{name}', (call) => {
    const { entries } = setOf(firewallOf(call), call.params.name);
    return entries.map((entry) => withDigest(entry, sha1(entries)));
  }),
  route('POST', '/ipset/{name}', (call) =>
    change(call, (firewall) => {
      const { cidr = '', name } = call.params;
      const { entries } = setOf(firewall, name);
      if (entries.some((entry) => entry.cidr === cidr)) throw refuse(`address '${cidr}' already exists`);
      entries.unshift(valuesIn(call.params));
    }),
  ),
  route('DELETE', '/ipset/{name}/{cidr}', (call) =>
    change(call, (firewall) => {
      const set = setOf(firewall, call.params.name);
      set.entries = set.entries.filter(({ cidr }) => cidr !== call.params.cidr);
    }),
  ),
];
