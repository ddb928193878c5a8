import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { posix } from 'node:path';

import { Agent, fetch } from 'undici';

import { badParameters, refuse } from './api-error.ts';
import { findStorage, findVolume } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import type { Volume } from './cluster-state.ts';
import type { Call, Route } from './route.ts';
import { startTask } from './route.ts';
import { storagePath } from './storage-paths.ts';
import { hasRoom } from './storage-space.ts';
import type { TaskWork, TaskWorker } from './tasks.ts';
import { storeVolume } from './volumes.ts';

const MIB = 1024 ** 2;
const DOWNLOAD_MS = 3000;
/** Where files of each kind lie below a storage's folder, and what their names end with. */
const KINDS: Record<string, { folder: string; ends: RegExp; refusal: string }> = {
  iso: { folder: 'template/iso', ends: /\.(?:iso|img)$/i, refusal: 'wrong file extension' },
  vztmpl: { folder: 'template/cache', ends: /\.tar\.(?:gz|xz|zst|bz2)$/i, refusal: 'wrong file extension' },
  import: {
    folder: 'import',
    ends: /^[^/]+\.(?:qcow2|raw|vmdk|ova)$/,
    refusal: 'invalid filename or wrong extension',
  },
};
/** What a cloud image is like that nobody fetches: its size and that of the disk in it. */
const CLOUD_IMAGE = { size: 420 * MIB, virtualSize: 3 * 1024 * MIB };

interface Fetched {
  size: number;
  virtualSize: number | undefined;
  /** Of what was fetched; unknown for what was not. */
  checksum: string | undefined;
}

/** A command that ended with another code than 0, with what it printed. */
class CommandFailed extends Error {
  override name = 'CommandFailed';
  readonly lines: string[];

  constructor(message: string, lines: string[]) {
    super(message);
    this.lines = lines;
  }
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}

/** Names that never lead anywhere (RFC 6761). */
function isNowhere({ hostname }: URL): boolean {
  return /(?:^|\.)(?:invalid|test)$/.test(hostname);
}

/** What the name of a cloud image says about the system in it: `debian-12`, `ubuntu-24.04`; null if nothing. */
function systemIn(name: string): string | null {
  const [, distribution, version] = /(debian|ubuntu)-(\d+(?:\.\d+)?)/i.exec(name) ?? [];
  if (distribution !== undefined) return `${distribution.toLowerCase()}-${version}`;
  const codeName = {
    noble: 'ubuntu-24.04',
    jammy: 'ubuntu-22.04',
    bookworm: 'debian-12',
    trixie: 'debian-13',
  };
  return Object.entries(codeName).find(([code]) => name.includes(code))?.[1] ?? null;
}

function wgetFailed(code: number, lines: string[]): CommandFailed {
  return new CommandFailed(`exit code ${code}`, lines);
}

async function withAgent<T>(verify: boolean, use: (dispatcher: Agent) => Promise<T>): Promise<T> {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: verify } });
  try {
    return await use(dispatcher);
  } finally {
    await dispatcher.destroy();
  }
}

/** Reads a file from a loopback address without keeping it; `hash` takes it in. */
async function fetchLocal(url: URL, verify: boolean, hash: Hash, signal: AbortSignal): Promise<Fetched> {
  return withAgent(verify, async (dispatcher) => {
    const response = await fetch(url, { dispatcher, signal }).catch((err: unknown) => {
      signal.throwIfAborted();
      throw wgetFailed(4, [`Connecting to ${url.host}... failed: ${causeOf(err)}.`]);
    });
    if (!response.ok) {
      const status = `${response.status} ${response.statusText}`;
      throw wgetFailed(8, [`HTTP request sent, awaiting response... ${status}`, `ERROR ${status}.`]);
    }
    let size = 0;
    let head = Buffer.alloc(0);
    for await (const chunk of response.body ?? []) {
      const bytes = chunk as Uint8Array;
      hash.update(bytes);
      size += bytes.length;
      if (head.length < 32) head = Buffer.concat([head, bytes.subarray(0, 32)]);
    }
    return { size, virtualSize: virtualSizeOf(head), checksum: hash.digest('hex') };
  });
}

function causeOf(err: unknown): string {
  const { cause } = err as { cause?: { code?: string; message?: string } };
  return cause?.code === 'ECONNREFUSED' ? 'Connection refused' : (cause?.message ?? String(err));
}

/** The size of the disk in a qcow2 file, from its header (docs/interop/qcow2.txt of QEMU). */
function virtualSizeOf(head: Buffer): number | undefined {
  const isQcow2 = head.length >= 32 && head.readUInt32BE(0) === 0x514649fb;
  return isQcow2 ? Number(head.readBigUInt64BE(24)) : undefined;
}

async function obtain(url: URL, args: TaskWork['record']['args'], signal: AbortSignal): Promise<Fetched> {
  if (isNowhere(url)) {
    throw wgetFailed(4, [`wget: unable to resolve host address '${url.hostname}'`]);
  }
  if (!isLoopback(url)) return { ...CLOUD_IMAGE, checksum: undefined };
  return fetchLocal(url, args.verify !== false, createHash(String(args.algorithm ?? 'sha256')), signal);
}

function download(call: Call): string {
  const { cluster, node, params } = call;
  const name = String(params.storage);
  const storage = findStorage(cluster, node, name);
  if (!storage) throw refuse(`storage '${name}' does not exist`);
  const kind = String(params.content);
  if (!storage.content.split(',').includes(kind)) {
    throw refuse(`storage '${name}' is not configured for content-type '${kind}'`);
  }
  const filename = String(params.filename).replaceAll(/[^-a-zA-Z0-9_.]/g, '_');
  const { ends, refusal } = KINDS[kind] ?? { ends: /$^/, refusal: '' };
  if (!ends.test(filename)) throw badParameters({ filename: refusal });
  return startTask(call, 'download', filename, {
    storage: name,
    content: kind,
    filename,
    url: String(params.url),
    checksum: params.checksum ?? null,
    algorithm: params['checksum-algorithm'] ?? null,
    verify: params['verify-certificates'] !== 0,
  });
}

/** Says of a file that is there already whether it is the one wanted; throws when it is another. */
function checkPresent(work: TaskWork, file: string, present: Volume): void {
  const { checksum, algorithm } = work.record.args;
  if (algorithm === null) throw new Error(`refusing to override existing file '${file}'`);
  const got = present.checksums?.[String(algorithm)] ?? String(checksum).toLowerCase();
  if (got === String(checksum).toLowerCase()) {
    work.log('calculating checksum of existing file...OK, got correct file already, no need to download');
    return;
  }
  work.log('calculating checksum of existing file...');
  throw new Error(`mismatch (got ${got} != expect ${String(checksum)}), aborting`);
}

/** Task download: fetches from loopback addresses; what is elsewhere only seems to be fetched. */
const downloadFile: TaskWorker = async (cluster, work) => {
  const { node, args } = work.record;
  if (work.record.done.includes('stored')) return;
  const [storage, kind, filename] = [String(args.storage), String(args.content), String(args.filename)];
  const file = `${storagePath(cluster, node, storage)}/${KINDS[kind]?.folder ?? kind}/${filename}`;
  const volid = `${storage}:${kind}/${filename}`;
  work.once('begin', () => work.log(`downloading ${String(args.url)} to ${file}`));
  const present = findVolume(cluster, node, volid);
  if (present) return checkPresent(work, file, present);
  await work.wait('download', cluster.scaled(DOWNLOAD_MS, 2));
  const fetched = await fetchFile(cluster, work, file);
  const { size, virtualSize, checksum } = fetched;
  if (typeof args.checksum === 'string') {
    const wanted = args.checksum.toLowerCase();
    if (checksum !== undefined && checksum !== wanted) {
      work.log('calculating checksum...');
      throw new Error(`checksum mismatch: got '${checksum}' != expect '${args.checksum}'`);
    }
    work.log('calculating checksum...OK, checksum verified');
  }
  work.once('stored', () => {
    storeVolume(cluster, node, storage, {
      volid,
      size,
      used: size,
      format: kind === 'import' ? (posix.extname(filename).slice(1) as Volume['format']) : 'iso',
      content: kind as Volume['content'],
      ...(virtualSize === undefined ? {} : { virtualSize }),
      ...(checksum === undefined ? {} : { checksums: { [String(args.algorithm ?? 'sha256')]: checksum } }),
      system: kind === 'import' ? systemIn(`${filename} ${String(args.url)}`) : null,
    });
    work.log(`download of '${String(args.url)}' to '${file}' finished`);
  });
};

async function fetchFile(cluster: Cluster, work: TaskWork, file: string): Promise<Fetched> {
  const { node, args, pid } = work.record;
  const temporary = `${file}.tmp_dwnl.${pid}`;
  try {
    const fetched = await obtain(new URL(String(args.url)), args, work.signal);
    if (!hasRoom(cluster, node, String(args.storage), fetched.size)) {
      throw wgetFailed(3, [`Cannot write to '${temporary}' (No space left on device).`]);
    }
    return fetched;
  } catch (err) {
    if (!(err instanceof CommandFailed)) throw err;
    for (const line of err.lines) work.log(line);
    const flags = args.verify === false ? '--no-check-certificate ' : '';
    const command = `/usr/bin/wget --progress=dot:giga ${flags}-O ${temporary} ${String(args.url)}`;
    throw new Error(`download failed: command '${command}' failed: ${err.message}`, { cause: err });
  }
}

/** What a HEAD request says about a file; of what is not on a loopback address the name alone. */
async function queryUrl({ params }: Call): Promise<Record<string, unknown>> {
  const url = new URL(String(params.url));
  const filename = posix.basename(decodeURIComponent(url.pathname));
  if (isNowhere(url)) {
    const reason = `Can't connect to ${url.hostname}:${url.port || 80} (Name or service not known)`;
    throw refuse(`invalid server response: '500 ${reason}'`);
  }
  if (!isLoopback(url)) {
    return { filename, size: CLOUD_IMAGE.size, mimetype: 'application/octet-stream' };
  }
  return withAgent(params['verify-certificates'] !== 0, async (dispatcher) => {
    const answer = await fetch(url, { method: 'HEAD', dispatcher }).catch((err: unknown) => {
      throw refuse(`invalid server response: '500 Can't connect to ${url.host} (${causeOf(err)})'`);
    });
    if (answer.status !== 200) {
      throw refuse(`invalid server response: '${answer.status} ${answer.statusText}'`);
    }
    const length = answer.headers.get('content-length');
    const named = /filename="?([^";]+)/.exec(answer.headers.get('content-disposition') ?? '')?.[1];
    const type = answer.headers.get('content-type')?.split(';')[0];
    return {
      filename: named ?? posix.basename(new URL(answer.url).pathname) ?? filename,
      ...(length === null ? {} : { size: Number(length) }),
      ...(type === undefined ? {} : { mimetype: type }),
    };
  });
}

/** The task of downloading a file to a storage. */
export const downloadWorkers: Record<string, TaskWorker> = { download: downloadFile };

/** download-url and query-url-metadata. */
export const downloadRoutes: Route[] = [
  {
    method: 'POST',
    path: '/nodes/{node}/storage/{storage}/download-url',
    isForwarded: true,
    handle: download,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/query-url-metadata',
    isForwarded: true,
    handle: queryUrl,
  },
];
