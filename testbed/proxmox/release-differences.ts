/** What 9.x has and 8.4 has not, apart from privileges; from the release notes and the two API schemas. */

const NEWER_CALLS = new Set(['GET /cluster/ha/rules', 'POST /access/vncticket']);

const CONFIG_PARAMETERS = ['allow-ksm', 'intel-tdx'];
const NEWER_PARAMETERS: Record<string, string[]> = {
  'POST /nodes/{node}/qemu': [...CONFIG_PARAMETERS, 'ha-managed'],
  'POST /nodes/{node}/qemu/{vmid}/config': CONFIG_PARAMETERS,
  'PUT /nodes/{node}/qemu/{vmid}/config': CONFIG_PARAMETERS,
  'POST /nodes/{node}/qemu/{vmid}/migrate': ['with-conntrack-state'],
  'POST /nodes/{node}/qemu/{vmid}/status/start': ['nets-host-mtu', 'with-conntrack-state'],
};

const NEWER_FIELD = /^(?:memhost|memavailable|arcsize|pressure\w+)$/;

/** Says whether a call such as `GET /cluster/ha/rules` came after 8.4. */
export function isNewerCall(call: string): boolean {
  return NEWER_CALLS.has(call);
}

export function isNewerParameter(call: string, name: string): boolean {
  return NEWER_PARAMETERS[call]?.includes(name) ?? false;
}

/** An object without the fields that came after 8.4. */
export function withoutNewerFields(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !NEWER_FIELD.test(name)));
}

/** The answer of a call as 8.4 gives it: an object, or a list of objects, without newer fields. */
export function olderAnswer(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(olderAnswer);
  const isObject = typeof data === 'object' && data !== null;
  if (!isObject || Object.getPrototypeOf(data) !== Object.prototype) return data;
  return withoutNewerFields(data as Record<string, unknown>);
}
