import { readdirSync, readFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { join } from 'node:path';

import { Agent, request } from 'undici';

import { newCsrfToken, newTicket } from './authentication.ts';
import type { ApiToken, ClusterState, TaskRecord, Vm, Volume } from './cluster-state.ts';
import { volumeKey } from './cluster-state.ts';
import { differenceOf, translate } from './compare-answers.ts';
import type { Bindings } from './compare-answers.ts';
import type { FaultRule } from './fault-rule.ts';
import { countUnanswered, differenceOfSeries } from './replay-series.ts';
import type { SeriesStep } from './replay-series.ts';
import { seedCluster } from './seed.ts';
import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';

/** One exchange with the real management code; those without a method are tests of connections. */
interface Exchange {
  n: number;
  note?: string;
  method?: string;
  path: string;
  scheme?: 'http';
  /** The user whose ticket went along; `csrf: false` when its CSRF token did not. */
  as?: string;
  csrf?: boolean;
  contentType?: string;
  headers?: Record<string, string>;
  sent?: string;
  /** Seconds since the start of the recording. */
  at?: number;
  /** How many equal calls, made to wait for this answer, the recording had here. */
  polls?: number;
  status: number;
  reason: string;
  body?: { data: unknown };
  text?: string;
  /** No answer came. */
  error?: string;
  /** How long a part, here shortened to its beginning, was in all; its last character fills it up. */
  repeat?: { path?: number; sent?: number };
  /** What was changed just before, and not by the API. */
  outside?: Partial<ClusterState>;
  series?: SeriesStep[];
  /** Who sent headers and body apart, how far apart in seconds, how often, and how often no answer came. */
  auth?: string;
  gap_s?: number;
  requests?: number;
  closed_without_response?: number;
}

/** What existed when the recording began. */
interface Start {
  rootPassword?: string;
  token?: ApiToken;
  vms?: (Pick<Vm, 'vmid' | 'config'> & Partial<Vm>)[];
  volumes?: (Pick<Volume, 'volid' | 'size'> & Partial<Volume>)[];
  /** What goes wrong on purpose. */
  faults?: FaultRule[];
  /** Tasks that had ended: UPID, time of the end, status. */
  tasks?: [string, number, string][];
  /** Tasks before those, of which nothing but this is known. */
  olderTasks?: { count: number; type: string; id: string; user: string; status: string }[];
  /** Seconds since the key that signs tickets was made. */
  keyAge?: number;
  /** Anything else of the cluster's state. */
  state?: Partial<ClusterState>;
}

export interface Recording {
  file: string;
  title: string;
  start?: Start;
  /** Above 0 the exchanges keep their distance in time, that much shortened. */
  speed?: number;
  /** How many exchanges are equal at least. */
  equal: number;
  exchanges: Exchange[];
}

export interface Outcome {
  n: number;
  call: string;
  /** What differs; undefined when the answers are equal. */
  difference: string | undefined;
}

const FOLDER = join(import.meta.dirname, 'fixtures');
const GIB = 1024 ** 3;
/** A token that adds no user to those of the recording. */
const REPLAY_TOKEN = { id: 'root@pam!replay', secret: 'replay' };
/** The one file there was from the start: a cloud image of Debian. */
const IMPORT_IMAGE = {
  volid: 'dir1:import/debian-ref.qcow2',
  size: 394_067_968,
  virtualSize: 1900 * 1024 ** 2,
  content: 'import',
  system: 'debian-13',
} as const;
const TASK_WAIT_MS = 20_000;
const ANSWER_WAIT_MS = 1500;

export function readRecordings(): Recording[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({
      file,
      ...(JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Omit<Recording, 'file'>),
    }));
}

/** The cluster on which the recordings were made: one node, two directory storages. */
function recordedCluster(start: Start): ClusterState {
  const { rootPassword, token, vms = [], volumes = [], state: rest } = start;
  const state = seedCluster({ templates: false, rootPassword, token: token ?? REPLAY_TOKEN });
  state.nodes = [
    {
      node: 'pve1',
      ip: '10.99.0.1',
      cpus: 2,
      memory: 24 * GIB,
      rootSize: 252 * GIB,
      hasNoKvm: true,
      hasNoUplink: true,
    },
  ];
  state.tasks = earlierTasks(start);
  if (start.keyAge !== undefined) state.authKeyMadeAt = Date.now() - start.keyAge * 1000;
  const directory = { node: 'pve1', type: 'dir', total: 252 * GIB, baseUsed: 30 * GIB } as const;
  state.storages = [
    { ...directory, storage: 'local', content: 'images,iso,snippets,rootdir,vztmpl,backup' },
    { ...directory, storage: 'dir1', content: 'images,iso,snippets,import,backup' },
  ];
  for (const vm of vms) {
    state.vms[vm.vmid] = {
      node: 'pve1',
      pending: {},
      pendingDelete: [],
      guest: null,
      restartAt: null,
      cleanupAt: null,
      ...vm,
    };
  }
  for (const volume of [IMPORT_IMAGE, ...volumes]) {
    const [storage = '', name = ''] = volume.volid.split(':');
    state.volumes[volumeKey('pve1', volume.volid)] = {
      node: 'pve1',
      storage,
      vmid: Number.parseInt(name, 10) || 0,
      used: 331_776,
      format: 'qcow2',
      content: 'images',
      ctime: Math.floor(Date.now() / 1000),
      parent: null,
      system: null,
      ...volume,
    };
  }
  return Object.assign(state, rest);
}

function earlierTasks({ tasks = [], olderTasks = [] }: Start): TaskRecord[] {
  const first = Number.parseInt(tasks[0]?.[0].split(':')[4] ?? '6B000000', 16);
  const older = olderTasks.flatMap(({ count, type, id, user, status }, group) =>
    Array.from({ length: count }, (_, i): [string, number, string] => {
      const time = first - 1000 * (olderTasks.length - group) + i;
      const numbers = [i, i, time].map((n) => n.toString(16).toUpperCase().padStart(8, '0'));
      return [`UPID:pve1:${numbers.join(':')}:${type}:${id}:${user}:`, time, status];
    }),
  );
  return [...older, ...tasks].map(([upid, endtime, exitstatus]) => {
    const [, node = '', pid = '', pstart = '', starttime = '', type = '', id = '', user = ''] =
      upid.split(':');
    const [numberOfProcess = 0, ticks = 0, begin = 0] = [pid, pstart, starttime].map((hex) =>
      Number.parseInt(hex, 16),
    );
    return {
      upid,
      node,
      type,
      id,
      user,
      endtime,
      exitstatus,
      pid: numberOfProcess,
      pstart: ticks,
      starttime: begin,
      args: {},
      log: [],
      done: [],
      deadlines: {},
      locks: [],
      fault: null,
    };
  });
}

/** Makes the calls of a recording to a simulator of its own and compares each answer. */
export async function replay(recording: Recording): Promise<Outcome[]> {
  const { speed = 0 } = recording;
  const start = structuredClone(recording.start ?? {});
  const simulator = await startSimulator({ speed, state: recordedCluster(start) });
  for (const rule of start.faults ?? []) simulator.faults.add(rule);
  const dispatcher = new Agent({ connect: { ca: simulator.ca } });
  const bindings: Bindings = new Map();
  const { clock } = simulator;
  let before = { sentAt: clock.now(), at: 0 };
  const outcomes: Outcome[] = [];
  try {
    for (const together of groups(recording.exchanges)) {
      const at = together[0]?.at ?? before.at;
      const wait = before.sentAt + (at - before.at) * 1000 * speed - clock.now();
      if (wait > 0) await clock.advance(wait);
      before = { sentAt: clock.now(), at };
      for (const { outside } of together) Object.assign(simulator.state, outside);
      outcomes.push(
        ...(await Promise.all(
          together.map(async (exchange) => {
            const { n, note, method, path } = exchange;
            const call = method ? `${method} ${path}` : (note ?? '');
            return { n, call, difference: await tryAny(simulator, dispatcher, exchange, bindings) };
          }),
        )),
      );
    }
  } finally {
    await dispatcher.destroy();
    await simulator.close();
  }
  return outcomes;
}

/** Exchanges one after the other, and in one group those that were sent at the same moment. */
function groups(exchanges: Exchange[]): Exchange[][] {
  const all: Exchange[][] = [];
  for (const exchange of exchanges) {
    const moment = /^three .* at the same moment/.exec(exchange.note ?? '')?.[0];
    const last = all.at(-1);
    if (moment !== undefined && last?.[0]?.note?.startsWith(moment)) last.push(exchange);
    else all.push([exchange]);
  }
  return all;
}

async function tryAny(
  simulator: Simulator,
  dispatcher: Agent,
  exchange: Exchange,
  bindings: Bindings,
): Promise<string | undefined> {
  if (exchange.series) return differenceOfSeries(simulator, exchange.series);
  if (exchange.closed_without_response !== undefined) {
    const { auth = '', gap_s: gapS = 0, requests = 0, closed_without_response: closed } = exchange;
    const here = await countUnanswered(simulator, { auth, gapS, requests });
    return here === closed ? undefined : `${closed} of ${requests} had no answer, here ${here}`;
  }
  return tryExchange(simulator, dispatcher, exchange, bindings);
}

/** Makes a call; one that waited for something in the recording is made until its answer is there. */
async function tryExchange(
  simulator: Simulator,
  dispatcher: Agent,
  exchange: Exchange,
  bindings: Bindings,
): Promise<string | undefined> {
  const recorded = exchange.body?.data as { status?: string } | null | undefined;
  const waitsForTask = /\/tasks\/[^/]+\/status$/.test(exchange.path) && recorded?.status === 'stopped';
  const { clock } = simulator;
  const deadline = clock.now() + (waitsForTask ? TASK_WAIT_MS : exchange.polls ? ANSWER_WAIT_MS : 0);
  for (;;) {
    const answer = await send(simulator, dispatcher, exchange, bindings);
    const isRunning = (answer.body as { data?: { status?: string } } | undefined)?.data?.status === 'running';
    const difference = compare(exchange, answer, bindings);
    const isDone = difference === undefined || (waitsForTask && !isRunning);
    if (isDone || clock.now() >= deadline) return difference;
    await clock.advance(10);
  }
}

interface Answer {
  status: number;
  reason: string;
  text: string;
  body: unknown;
}

async function send(
  simulator: Simulator,
  dispatcher: Agent,
  exchange: Exchange,
  bindings: Bindings,
): Promise<Answer> {
  const { method = 'GET', as, csrf = true, contentType, headers = {}, repeat = {} } = exchange;
  const path = filled(exchange.path, repeat.path);
  const sent = exchange.sent === undefined ? undefined : filled(exchange.sent, repeat.sent);
  const lines: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    lines[name] = mint(translate(value, bindings), simulator.state);
  }
  if (contentType) lines['content-type'] = contentType;
  if (as) {
    lines.cookie = `PVEAuthCookie=${encodeURIComponent(newTicket(simulator.state, as))}`;
    if (csrf && method !== 'GET') lines.csrfpreventiontoken = newCsrfToken(simulator.state, as);
  }
  const target = translate(path, bindings);
  if (exchange.scheme === 'http') return sendPlain(simulator.url + target, method);
  try {
    const res = await request(simulator.url + target, {
      method: method as 'GET',
      dispatcher,
      headers: lines,
      ...(sent ? { body: mint(translate(sent, bindings), simulator.state) } : {}),
    });
    const text = await res.body.text();
    return { status: res.statusCode, reason: res.statusText, text, body: parse(text) };
  } catch (err) {
    return { status: 0, reason: String(err), text: '', body: undefined };
  }
}

function filled(text: string, length = text.length): string {
  return text.padEnd(length, text.at(-1));
}

/** Puts in tickets and CSRF tokens of a given age in seconds, which stand as `<ticket USER AGE>` in a recording. */
function mint(text: string, state: ClusterState): string {
  return text
    .replaceAll(
      /<(plain-)?ticket (\S+) (-?\d+)>/g,
      (_, plain: string | undefined, user: string, age: string) => {
        const ticket = newTicket(state, user, Number(age));
        return plain ? ticket : encodeURIComponent(ticket);
      },
    )
    .replaceAll(/<csrf (\S+) (-?\d+)>/g, (_, user: string, age: string) =>
      newCsrfToken(state, user, Number(age)),
    );
}

function sendPlain(url: string, method: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = plainRequest(url.replace('https:', 'http:'), { method }, (res) => {
      let text = '';
      res.on('data', (chunk: Buffer) => (text += chunk.toString()));
      res.on('end', () =>
        resolve({ status: res.statusCode ?? 0, reason: res.statusMessage ?? '', text, body: undefined }),
      );
    });
    req.on('error', reject);
    req.end();
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function compare(exchange: Exchange, answer: Answer, bindings: Bindings): string | undefined {
  if (exchange.error)
    return answer.status === 0 ? undefined : `no answer was recorded, here ${answer.status}`;
  if (answer.status !== exchange.status) {
    return `${exchange.status} ${exchange.reason} was recorded, here ${answer.status} ${answer.reason}`;
  }
  const reason = differenceOf(exchange.reason, answer.reason, bindings, 'reason');
  if (reason) return reason;
  if (exchange.body === undefined && exchange.text?.startsWith('\u001F')) {
    // The recording kept no bytes, so that of a gzip file only its name can be read.
    const nameIn = (text: string): string => /UPID:[^\0]+/.exec(text)?.[0] ?? '';
    return differenceOf(nameIn(exchange.text), nameIn(answer.text), bindings, 'text');
  }
  if (exchange.body === undefined) return differenceOf(exchange.text, answer.text, bindings, 'text');
  return differenceOf(exchange.body, answer.body, bindings);
}
