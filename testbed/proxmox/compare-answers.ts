/** Recorded text -> text here, of everything that is made anew in each run: UPIDs, tickets, digests, MACs. */
export type Bindings = Map<string, string>;

/** Times, process ids, load and what only tells about the recording host: only their type counts. */
const VOLATILE = new Set(
  `pid pstart starttime endtime ctime time localtime uptime cpu mem memhost netin netout diskread diskwrite used
  avail used_fraction free available idle wait loadavg total maxmem maxdisk mhz hvm flags model vendor family cpus
  kversion release version pid uid ssl_fingerprint pressurecpufull pressurecpusome pressureiofull pressureiosome
  pressurememoryfull pressurememorysome running-qemu running-machine pve-fingerprint rx-bytes rx-packets
  tx-bytes tx-packets port snaptime disk password cert rootused
  netin netout memused memavailable iowait pressureiosome address cidr gateway ip`.split(/\s+/),
);

/** What the recording host's QEMU, which lacked Proxmox's patches, did not tell. */
const UNRECORDED = new Set(['diskread', 'diskwrite', 'running-machine', 'running-qemu']);

/** Keys of the above whose values do count when they stand beside one of these. */
const EXACT_BESIDE: Record<string, string> = {
  maxmem: 'vmid',
  maxdisk: 'vmid',
  cpus: 'vmid',
  total: 'data',
  disk: 'vmid',
};

/** Parts of texts that are made anew in each run; the first group that fits names the kind. */
const MADE = new RegExp(
  [
    String.raw`(?<vnc>[!-~]{8}:PVEVNC:[0-9A-F]{8}::[\w+/=]+)`,
    String.raw`(?<upload>pveupload-[0-9a-f]{32})`,
    String.raw`(?<upid>UPID:[\w.-]+:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:)`,
    String.raw`(?<ticket>PVE(?:VNC)?:[\w@.!-]*:?[0-9A-F]{8}::[\w+/=]+)`,
    String.raw`(?<csrf>\b[0-9A-F]{8}:[\w+/]{43})`,
    String.raw`(?<uuid>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)`,
    String.raw`(?<mac>\b(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\b)`,
    String.raw`(?<digest>\b[0-9a-f]{40}\b)`,
    String.raw`(?<hash>\$[56]\$[\w./$]+)`,
    String.raw`(?<pid>\bpid \d+)`,
    String.raw`(?<upload>\bpveupload-[0-9a-f]{32}\b)`,
    String.raw`(?<linklocal>\bfe80:[0-9a-f:]+)`,
    String.raw`(?<meta>creation-qemu=[\d.]+,ctime=\d+)`,
  ].join('|'),
  'g',
);

function split(text: string): { frame: string; made: string[] } {
  const made: string[] = [];
  const frame = text.replaceAll(MADE, (...args) => {
    const groups = args.at(-1) as Record<string, string | undefined>;
    made.push(String(args[0]));
    return `<${Object.keys(groups).find((kind) => groups[kind] !== undefined)}>`;
  });
  return { frame, made };
}

/** Puts the texts of this run into a recorded text, plain or percent-encoded. */
export function translate(text: string, bindings: Bindings): string {
  let result = text;
  for (const [recorded, here] of bindings) {
    for (const encode of [String, encodeURIComponent]) {
      if (result.includes(encode(recorded))) result = result.replaceAll(encode(recorded), encode(here));
    }
  }
  return result;
}

function compareText(recorded: string, here: string, bindings: Bindings): boolean {
  if (recorded === here) return true;
  const left = split(recorded);
  const right = split(here);
  if (left.frame !== right.frame) return false;
  return left.made.every((text, i) => {
    const other = right.made[i] ?? '';
    const bound = bindings.get(text);
    if (bound === undefined) bindings.set(text, other);
    // Two tickets of one second are equal, and those of a run may fall into two.
    const isDated = /^(?:PVE|[0-9A-F]{8}:)/.test(text);
    return bound === undefined || bound === other || isDated;
  });
}

const IDENTITIES = [
  'volid',
  'vmid',
  'upid',
  'key',
  'logical-id',
  'phys-index',
  'storage',
  'id',
  'iface',
  'subdir',
  'name',
  'userid',
  'poolid',
];

/** The order of lists is random in the real thing, apart from lines of a log. */
function arranged(list: unknown[], bindings: Bindings): unknown[] {
  const identity = (value: unknown): string => {
    if (typeof value !== 'object' || value === null) return translate(String(value), bindings);
    const entry = value as Record<string, unknown>;
    const key = IDENTITIES.find((name) => entry[name] !== undefined);
    return key === undefined ? '' : translate(String(entry[key]), bindings);
  };
  if (list.some((value) => typeof value === 'object' && value !== null && 'n' in value)) return list;
  return list.toSorted((a, b) => (identity(a) < identity(b) ? -1 : identity(a) > identity(b) ? 1 : 0));
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value;
}

/** Answers the first difference between a recorded value and one of this run; undefined when they are equal. */
export function differenceOf(
  recorded: unknown,
  here: unknown,
  bindings: Bindings,
  place = 'body',
): string | undefined {
  const differs = `${place}: ${show(recorded)} was recorded, here ${show(here)}`;
  if (typeOf(recorded) !== typeOf(here)) return differs;
  if (typeof recorded === 'string') {
    // `content` of a storage is a list in random order.
    if (place.endsWith('.content')) {
      const sorted = (text: unknown): string => String(text).split(',').toSorted().join();
      return sorted(recorded) === sorted(here) ? undefined : differs;
    }
    return compareText(recorded, String(here), bindings) ? undefined : differs;
  }
  if (Array.isArray(recorded)) {
    const [left, right] = [arranged(recorded, bindings), arranged(here as unknown[], bindings)];
    for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
      const difference = differenceOf(left[i], right[i], bindings, `${place}[${i}]`);
      if (difference) return difference;
    }
    return undefined;
  }
  if (typeof recorded === 'object' && recorded !== null) {
    return differenceOfObjects(
      recorded as Record<string, unknown>,
      here as Record<string, unknown>,
      bindings,
      place,
    );
  }
  // The agent tells the time in nanoseconds.
  const isTime = typeof recorded === 'number' && recorded > 1e18 && Number(here) > 1e18;
  return recorded === here || isTime ? undefined : differs;
}

function differenceOfObjects(
  recorded: Record<string, unknown>,
  here: Record<string, unknown>,
  bindings: Bindings,
  place: string,
): string | undefined {
  // The process id that exec answers is asked for afterwards.
  if (place === 'body.data' && Object.keys(recorded).join() === 'pid') {
    bindings.set(`pid=${String(recorded.pid)}`, `pid=${String(here.pid)}`);
  }
  for (const key of new Set([...Object.keys(recorded), ...Object.keys(here)])) {
    if (UNRECORDED.has(key) && recorded[key] === undefined) continue;
    const beside = EXACT_BESIDE[key];
    const isExact = !VOLATILE.has(key) || (beside !== undefined && beside in recorded);
    const name = `${place}.${key}`;
    if (isExact || recorded[key] === undefined || here[key] === undefined) {
      const difference = differenceOf(recorded[key], here[key], bindings, name);
      if (difference) return difference;
    } else if (typeOf(recorded[key]) !== typeOf(here[key])) {
      return `${name}: ${show(recorded[key])} was recorded, here ${show(here[key])}`;
    }
  }
  return undefined;
}
