import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { parametersOf } from './api-parameters.ts';
import { ROUTES } from './dispatch.ts';
import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';
import { seedStandalone } from './standalone-seed.ts';
import { createTestClient } from './test-client.ts';
import type { TestClient } from './test-client.ts';

let simulator: Simulator;
let client: TestClient;

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0, state: seedStandalone() });
  client = createTestClient(simulator);
});
afterAll(async () => {
  await client.close();
  await simulator.close();
});

const CONFIG = '/nodes/pve1/qemu/9000/config';

/** What stands in a path, and what a call cannot do without. */
const GOOD: Record<string, string> = {
  node: 'pve1',
  vmid: '9000',
  newid: '300',
  storage: 'local',
  upid: 'UPID:pve1:00000001:00000001:00000001:qmstart:9000:root@pam:',
  userid: 'root@pam',
  poolid: 'pool',
  pos: '0',
  name: 'aset',
  cidr: '10.0.0.0%2F24',
  volume: 'local:iso/x.iso',
};
const ODD_TEXTS = ['', '-1', 'a=b,=c', '\0'];
const ODD_VALUES = [[null], true, { a: {} }];

describe('any value of any parameter is refused in words or accepted', () => {
  test.each(ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))(
    '%s',
    async (name, { method, path }) => {
      const parameters = parametersOf(name, '9.2');
      const place = path.replaceAll(/\{(\w+)\}/g, (_, key: string) => GOOD[key] ?? 'first');
      const needed = Object.entries(parameters)
        .filter(([key, { optional }]) => !optional && !path.includes(`{${key}}`))
        .map(([key, { type, enum: list }]) => [
          key,
          list?.[0] ?? GOOD[key] ?? (type === 'integer' ? 1 : 'first'),
        ]);
      const keys = Object.keys(parameters)
        .filter((key) => !path.includes(`{${key}}`))
        .map((key) => key.replace('[n]', '0'));
      for (const key of [...keys, 'bogus']) {
        const odd = [
          ...ODD_TEXTS.map((value) => ({ value, json: false })),
          ...(['POST', 'PUT'].includes(method) ? ODD_VALUES.map((value) => ({ value, json: true })) : []),
        ];
        for (const { value, json } of odd) {
          const params = { ...Object.fromEntries(needed), [key]: value };
          // A fault of the simulator's own closes the connection, which fetch makes an error.
          const { status, errors } = await client.call(method, place, params, { json });
          expect([200, 400, 401, 403, 500, 501], `${key} = ${JSON.stringify(value)}`).toContain(status);
          if (status === 400) expect(Object.keys(errors ?? {})).not.toEqual([]);
        }
      }
    },
  );
});

test.each([
  ['net0', 'virtio,bridge=vmbr0,tag=5000', 'net0.tag: value must have a maximum value of 4094'],
  [
    'net0',
    'virtio=AA:BB:CC:DD:EE:FF,virtio,bridge=x',
    'duplicate key in comma-separated list property: model',
  ],
  ['scsi1', 'local:1,iothread=maybe', "scsi1.iothread: type check ('boolean') failed - got 'maybe'"],
  ['scsi1', 'local:1,size', 'duplicate key in comma-separated list property: file'],
  ['scsi1', 'local:1,=2', 'missing key in comma-separated list property'],
  ['agent', 'enabled=1,type=usb', "agent.type: value 'usb' does not have a value in the enumeration"],
  ['boot', 'order=scsi0;floppy', "boot.order: invalid format - invalid boot device 'floppy'"],
  ['ipconfig0', 'gw6=fe80::1', "ipconfig0.ip6: missing property required by 'ipconfig0.gw6'"],
  ['nameserver', '9.9.9.9 no_such', 'value does not look like a valid address: no_such'],
  ['watchdog', 'i6300esb,action=explode', "watchdog.action: value 'explode' does not have a value"],
  ['cpu', 'host,flags=aes', 'cpu.flags: value does not match the regex pattern'],
  ['startup', 'order=first', 'unable to parse startup options'],
  ['hotplug', 'disk,fan', "invalid hotplug feature 'fan'"],
  ['serial0', 'pipe', 'value does not match the regex pattern'],
  ['usb14', 'host=spice', 'property is not defined in schema'],
  ['vga', 'std,memory=1024', 'vga.memory: value must have a maximum value of 512'],
])('a VM does not take %s=%s', async (key, value, text) => {
  const { status, errors } = await client.call('PUT', CONFIG, { [key]: value });
  expect(status).toBe(400);
  expect(errors?.[key]).toContain(text);
});

test.each([
  ['net1', 'model=virtio,macaddr=BC:24:11:00:00:99,bridge=vmbr0,firewall=on,link_down=no,rate=1.5'],
  ['agent', '1,fstrim_cloned_disks=yes'],
  ['boot', 'order=scsi0;net0'],
  ['hotplug', '0'],
  ['nameserver', '9.9.9.9,2620:fe::fe'],
  ['tags', 'a;b,c d'],
  ['cpu', 'x86-64-v2-AES,flags=+aes;-pcid'],
  ['smbios1', 'uuid=6d0b2a10-4a5b-4d54-9a70-7f7de7c1a6a4,manufacturer=QmVydGg=,base64=1'],
])('a VM takes %s=%s', async (key, value) => {
  expect(await client.call('PUT', CONFIG, { [key]: value })).toMatchObject({ status: 200 });
});

test('a parameter that needs another one names it', async () => {
  const { errors } = await client.call('POST', '/nodes/pve1/vzdump', { vmid: 9000, protected: 1 });
  expect(errors).toEqual({ storage: "missing property required by 'protected'" });
});

test('all that is wrong is told at once', async () => {
  const { errors } = await client.call('POST', '/nodes/pve1/qemu/9000/clone', {
    full: 'maybe',
    target: '-',
    x: 1,
  });
  expect(Object.keys(errors ?? {}).toSorted()).toEqual(['full', 'newid', 'target', 'x']);
});

test('JSON true is a flag, but no number and no text', async () => {
  expect(await client.call('PUT', CONFIG, { onboot: true }, { json: true })).toMatchObject({ status: 200 });
  const { errors } = await client.call('PUT', CONFIG, { cores: true, name: true }, { json: true });
  expect(errors).toEqual({
    cores: "type check ('integer') failed - got JSON::PP::Boolean",
    name: "type check ('string') failed - got JSON::PP::Boolean",
  });
});
