import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import getPort from 'get-port';
import { readJsonFile, writeJsonFile } from '../json-file.ts';
import { startMariadb } from '../mariadb-server.ts';
import { identifyProcess, isRunning } from '../process-identity.ts';
import { DEFECTS, type Defect } from './defects.ts';
import { ensureGenerated } from './ensure-generated.ts';
import { startFaultyProxy } from './faulty-proxy.ts';
import { loadSchema } from './generate.ts';

/** What a running testbed leaves for others to find, and for its next start. */
interface WhmcsRun {
  url: string;
  readerUrl: string;
  pid: number;
  identity: string;
}

interface CliOptions {
  size: number;
  seed: string;
  mess: number;
  dial: Partial<Record<Defect, number>>;
  edition: '1' | '2';
  regenerate?: true;
  dataDir: string;
  slowMs: number;
  cutRate: number;
}

const options = new Command('whmcs')
  .description(
    'A WHMCS database with the data of a made-up provider. WHMCS_DATABASE_URL names a database to fill instead of a MariaDB of its own.',
  )
  .option('--size <services>', 'how many services', parseSize, 400)
  .option('--seed <text>', 'the same seed gives the same data', 'berth')
  .option('--mess <factor>', 'multiplies the rate of every defect, 0 for none', parseAmount, 1)
  .option('--dial <defect=rate>', 'the rate of one defect, 0 to 1; may be repeated', parseDial, {})
  .addOption(
    new Option('--edition <n>', '2: the same provider some weeks later').choices(['1', '2']).default('1'),
  )
  .option('--regenerate', 'replaces what the database holds')
  .option('--slow-ms <ms>', 'holds each answer back for so long', parseAmount, 0)
  .option(
    '--cut-rate <share>',
    'cuts the connection instead of this share of answers, 0 to 1',
    parseAmount,
    0,
  )
  .option('--data-dir <dir>', 'where everything is kept', '.berth/whmcs-alone')
  .parse()
  .opts<CliOptions>();

const USUAL_PORT = 13_306;
const dataDir = resolve(options.dataDir);
const runFile = join(dataDir, 'run.json');
const say = (message: string) => process.stderr.write(`whmcs: ${message}\n`);
try {
  await main();
} catch (err) {
  say(err instanceof Error ? err.message : String(err));
  process.exitCode = 1;
}

async function main(): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const own = process.env['WHMCS_DATABASE_URL'];
  const former = await readJsonFile<WhmcsRun>(runFile);
  const running = !own && former && (await isRunning(former)) ? former : undefined;
  const found = own ?? running?.url;
  if (found) {
    if (running) say(`MariaDB runs already (process ${running.pid})`);
    await fill(found);
    process.stdout.write(`${found}\n`);
    return;
  }
  // The URL stays what it was: a migration that waits for this source goes on once it is back.
  const [port, password] = former ? loginOf(former) : [];
  const server = await startMariadb({
    dataDir: join(dataDir, 'mariadb'),
    port: await getPort({ port: port ? [port, USUAL_PORT] : [USUAL_PORT], host: '127.0.0.1' }),
    ...(password ? { password } : {}),
    durable: true,
    onProgress: say,
    logFile: join(dataDir, 'mariadb.log'),
  });
  const stop = new Promise<void>((ask) => {
    process.once('SIGINT', () => ask());
    process.once('SIGTERM', () => ask());
  });
  const { slowMs: delayMs, cutRate } = options;
  const proxy =
    delayMs > 0 || cutRate > 0 ? await startFaultyProxy({ url: server.url, delayMs, cutRate }) : undefined;
  const shown = (text: string) => proxy?.through(text) ?? text;
  try {
    const identity = (await identifyProcess(server.pid)) ?? '';
    const { url, readerUrl, pid } = server;
    await writeJsonFile(runFile, { url, readerUrl, pid, identity } satisfies WhmcsRun);
    const filled = fill(url).then(() => {
      process.stdout.write(`${shown(url)}\n`);
      say(`read only: ${shown(readerUrl)}`);
      say('Ctrl-C stops MariaDB; the data stays');
    });
    await Promise.race([filled, stop]);
    await stop;
  } finally {
    await proxy?.close();
    await server.stop();
  }
  process.exit();
}

function loginOf(former: WhmcsRun): [port: number, password: string] {
  const { port, password } = new URL(former.url);
  return [Number(port), password];
}

async function fill(url: string): Promise<void> {
  if (options.regenerate) await loadSchema(url);
  let shown = 0;
  await ensureGenerated({
    url,
    truthDir: join(dataDir, 'truth'),
    seed: options.seed,
    size: options.size,
    mess: options.mess,
    dials: options.dial,
    edition: options.edition === '2' ? 2 : 1,
    onMessage: say,
    onProgress: (done, total) => {
      const percent = Math.floor((done / total) * 10) * 10;
      if (percent <= shown || total < 10_000) return;
      shown = percent;
      say(`${percent} %`);
    },
  });
}

function parseSize(text: string): number {
  const size = Number(text);
  if (!Number.isInteger(size) || size < 1) throw new InvalidArgumentError('It is no whole number above 0.');
  return size;
}

function parseAmount(text: string): number {
  const amount = Number(text);
  if (text.trim() === '' || !(amount >= 0)) throw new InvalidArgumentError('It is no number.');
  return amount;
}

function parseDial(text: string, former: CliOptions['dial']): CliOptions['dial'] {
  const [name = '', rate = ''] = text.split('=');
  if (!(name in DEFECTS)) {
    throw new InvalidArgumentError(`There is no such defect. These are: ${Object.keys(DEFECTS).join(', ')}`);
  }
  const value = parseAmount(rate);
  if (value > 1) throw new InvalidArgumentError('A rate is at most 1.');
  return { ...former, [name]: value };
}
