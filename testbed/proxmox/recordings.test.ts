import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';
import { createTestClient } from './test-client.ts';

/** One exchange with the real management code. */
interface Recorded {
  n: number;
  note: string | null;
  method: string;
  path: string;
  contentType: string | null;
  sent: string | null;
  status: number;
  reason: string;
  body?: { data: unknown; errors?: unknown; message?: string; success?: number; total?: number };
  text?: string;
}

const FOLDER = join(import.meta.dirname, 'fixtures');
const recordings = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({
    file,
    exchanges: JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Recorded[],
  }));

/** Exchanges whose text is Perl's own about a broken body: only the status counts. */
const PERL_TEXTS = new Set(['17-connection-behaviour.json#3']);

let simulator: Simulator;
let dispatcher: Agent;

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0 });
  dispatcher = new Agent({ connect: { ca: simulator.ca } });
  const client = createTestClient(simulator);
  const good = {
    name: 'plain',
    memory: 128,
    cores: 1,
    kvm: 0,
    ostype: 'l26',
    onboot: 1,
    numa: 0,
    tags: 'zeta;Alpha',
  };
  const devices = {
    scsihw: 'virtio-scsi-single',
    scsi0: 'local-lvm:1,discard=on',
    net0: 'virtio,bridge=vmbr0',
  };
  const description = 'first line\nsecond line';
  await client.run('POST', '/nodes/pve1/qemu', { vmid: 101, ...good, ...devices, description });
  for (const newid of [201, 212, 230, 241, 250]) {
    await client.run('POST', '/nodes/pve1/qemu/9001/clone', { newid });
  }
  await client.run('POST', '/nodes/pve1/qemu', { vmid: 261, name: 'noagent' });
  await client.close();
});
afterAll(async () => {
  await dispatcher.destroy();
  await simulator.close();
});

/** The types in a value: keys of objects, the first entry of a list, names of JSON types. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length > 0 ? [shapeOf(value[0])] : [];
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shapeOf(part)]));
}

/** Matches a shape with the same keys and types; more keys are fine, since the recording host had no KVM. */
function atLeast(shape: unknown): unknown {
  if (Array.isArray(shape)) return shape.map(atLeast);
  if (shape === null || typeof shape !== 'object') return shape;
  const parts = Object.entries(shape).map(([key, part]) => [key, atLeast(part)]);
  return expect.objectContaining(Object.fromEntries(parts) as object);
}

/** Credentials as recorded: the shapes of 02 are about bad ones. */
function authorizationOf(file: string, n: number): string {
  const { id, secret } = simulator.token;
  if (file.startsWith('02')) {
    if (n === 11) return `PVEAPIToken=${id}=00000000-0000-0000-0000-000000000000`;
    return n === 16 ? `Bearer ${secret}` : `PVEAPIToken ${id}=${secret}`;
  }
  return `PVEAPIToken=${id}=${secret}`;
}

/** Brings VM 250 into the state it had at that point of the recording. */
async function prepare(file: string, n: number): Promise<void> {
  if (!file.startsWith('16') || n !== 24) return;
  const client = createTestClient(simulator);
  expect(await client.run('POST', '/nodes/pve1/qemu/250/status/start')).toBe('OK');
  await client.close();
}

describe.each(recordings)('the simulator answers like the real thing in $file', ({ file, exchanges }) => {
  test.each(exchanges)('$n: $method $path', async (recorded) => {
    await prepare(file, recorded.n);
    const authorization = authorizationOf(file, recorded.n);
    const res = await fetch(simulator.url + recorded.path, {
      method: recorded.method,
      dispatcher,
      headers: {
        authorization,
        ...(recorded.contentType ? { 'content-type': recorded.contentType } : {}),
      },
      ...(recorded.sent ? { body: recorded.sent } : {}),
    });
    const text = await res.text();
    expect(res.status).toBe(recorded.status);
    if (PERL_TEXTS.has(`${file}#${recorded.n}`)) return;
    expect(res.statusText).toBe(recorded.reason);
    if (!recorded.body) {
      expect(text).toBe(recorded.text);
      return;
    }
    const body = JSON.parse(text) as NonNullable<Recorded['body']>;
    expect([body.errors, body.message]).toEqual([recorded.body.errors, recorded.body.message]);
    expect(shapeOf(body.data)).toEqual(atLeast(shapeOf(recorded.body.data)));
  });
});
