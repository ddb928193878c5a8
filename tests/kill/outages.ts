import { Command } from 'commander';
import { execa } from 'execa';
import { isLive, type Operation } from '../../contract/operations.ts';
import { startBerth, type Part, type RunningBerth } from '../e2e/berth.ts';
import { until } from '../until.ts';
import { judge } from '../oracle.ts';
import { makeRoom, readServers } from './matrix.ts';
import { SteadyConnection } from './steady-connection.ts';

/**
 * Takes a part away for a long while, with operations under way and others asked for meanwhile, and checks what became of
 * them: `npm run test:outages -- --help`. The part is frozen, so that it neither answers nor refuses.
 */
const { postgres, temporal, proxmox } = new Command('test:outages')
  .option('--postgres <seconds>', 'how long PostgreSQL is away', Number, 30)
  .option('--temporal <seconds>', 'how long Temporal is away', Number, 300)
  .option('--proxmox <seconds>', 'how long the cluster is away', Number, 3_600)
  .parse()
  .opts<{ postgres: number; temporal: number; proxmox: number }>();

const startedAt = Date.now();
const say = (message: string) =>
  console.log(`[${String(Math.round((Date.now() - startedAt) / 1_000)).padStart(4)} s] ${message}`);

const berth = await startBerth({ speed: '0.2' });
const database = new SteadyConnection((await berth.run()).databaseUrl);
let faults = 0;
try {
  await database.use(makeRoom);
  for (const [part, seconds] of [
    ['postgres', postgres],
    ['temporal', temporal],
    ['proxmox', proxmox],
  ] as const)
    if (seconds > 0) faults += await takeAway(part, seconds);
} finally {
  await database.close();
  await berth.stop();
}
console.log(`outages: faults: ${faults}`);
if (faults > 0) process.exitCode = 1;

async function takeAway(part: Part, seconds: number): Promise<number> {
  const { api } = berth;
  const name = (what: string) => `${part}-${what}`;
  const [stopped, doomed] = await Promise.all(['stopped', 'doomed'].map((what) => built(name(what))));
  if (!stopped || !doomed) throw new Error('nothing was built');
  const ids: string[] = [];
  const accept = async (answer: Promise<Response>) => {
    const { operation } = await api.accepted(answer);
    ids.push(operation.id);
  };
  await accept(api.order(name('under-way')));
  await until(async () =>
    (await api.operation(ids[0] ?? '')).steps.some(
      ({ name: step, state }) => step === 'clone' && state === 'running',
    ),
  );
  const pids = await withChildren(await berth.pidOf(part));
  say(`${part} is frozen for ${seconds} s`);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    if (part !== 'postgres') {
      await accept(api.order(name('meanwhile')));
      await accept(api.request('POST', `/servers/${stopped}/actions`, { action: 'stop' }));
      await accept(api.request('DELETE', `/servers/${doomed}`));
    }
    const back = Date.now() + seconds * 1_000;
    while (Date.now() < back) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(60_000, back - Date.now())));
      if (part !== 'postgres') say(`${part} away: ${await tell(berth, ids)}`);
    }
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
  say(`${part} is back`);
  const backAt = Date.now();
  await until(async () => {
    const views = await Promise.all(ids.map((id) => api.operation(id).catch(() => undefined)));
    return views.every((view) => view?.steps && !isLive(view.status));
  }, 300_000).catch(() => undefined);
  say(`${part}: ${await tell(berth, ids)}, ${Math.round((Date.now() - backAt) / 1_000)} s after it was back`);
  const found = judge(await database.use(readServers), await berth.cluster()).map(({ fault }) => fault);
  const unfinished = (await Promise.all(ids.map((id) => api.operation(id)))).filter(
    ({ status }) => status !== 'succeeded',
  );
  for (const fault of found) say(`fault: ${fault}`);
  for (const { type, status, error } of unfinished) say(`not done: ${type} ${status} ${error?.message}`);
  return found.length + unfinished.length;
}

/** PostgreSQL serves each connection in a process of its own. */
async function withChildren(pid: number): Promise<number[]> {
  const { stdout } = await execa('ps', ['-o', 'pid=', '--ppid', String(pid)], { reject: false });
  return [pid, ...stdout.split('\n').map(Number).filter(Boolean)];
}

async function built(name: string): Promise<string> {
  const { server, operation } = await berth.api.accepted(berth.api.order(name));
  const { status, error } = await berth.api.settled(operation.id);
  if (status !== 'succeeded') throw new Error(`${name}: ${status} ${error?.message}`);
  return server.id;
}

async function tell({ api }: RunningBerth, ids: string[]): Promise<string> {
  const views = await Promise.all(
    ids.map((id) => api.operation(id).catch((): Operation | undefined => undefined)),
  );
  return views.map((view) => (view ? `${view.type} ${view.status}` : 'unreadable')).join(', ');
}
