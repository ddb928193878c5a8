import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';

import { createByteStream } from './byte-stream.ts';
import type { ByteStream } from './byte-stream.ts';
import { vncResponse } from './rfb-server.ts';
import type { Simulator } from './simulator.ts';
import { startSimulator } from './simulator.ts';
import { seedStandalone } from './standalone-seed.ts';
import { createTestClient, sendRaw, until } from './test-client.ts';
import type { TestClient } from './test-client.ts';

interface Ticket {
  user: string;
  port: string;
  ticket: string;
  upid: string;
  password: string;
}

const VM = '/nodes/pve1/qemu/100';
let simulator: Simulator;
let client: TestClient;
let authorization: string;

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0, state: seedStandalone() });
  client = createTestClient(simulator);
  authorization = `PVEAPIToken=${simulator.token.id}=${simulator.token.secret}`;
  await client.run('POST', '/nodes/pve1/qemu/9000/clone', { newid: 100, name: 'web' });
  await client.run('POST', `${VM}/status/start`);
});
afterAll(async () => {
  await client.close();
  await simulator.close();
});

async function open(kind: 'vncproxy' | 'termproxy', vm = VM): Promise<Ticket> {
  const params = kind === 'vncproxy' ? { websocket: 1 } : {};
  return (await client.call('POST', `${vm}/${kind}`, params)).data as Ticket;
}

function pathOf({ port, ticket }: Pick<Ticket, 'port' | 'ticket'>, vm = VM): string {
  return `/api2/json${vm}/vncwebsocket?port=${port}&vncticket=${encodeURIComponent(ticket)}`;
}

/** Connects to a console's websocket; a refused upgrade rejects with its status and reason. */
async function connect(ticket: Ticket, vm = VM): Promise<{ stream: ByteStream; socket: WebSocket }> {
  const socket = new WebSocket(simulator.url.replace('https', 'wss') + pathOf(ticket, vm), 'binary', {
    ca: simulator.ca,
    headers: { authorization },
  });
  const stream = createByteStream(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', (_, res) =>
      reject(new Error(`${res.statusCode} ${res.statusMessage}`)),
    );
  });
  return { stream, socket };
}

/** Goes through the RFB handshake; answers the result of the authentication. */
async function authenticate(stream: ByteStream, password: string): Promise<number> {
  expect((await stream.read(12)).toString()).toBe('RFB 003.008\n');
  stream.write('RFB 003.008\n');
  expect([...(await stream.read(2))]).toEqual([1, 2]);
  stream.write(Buffer.from([2]));
  stream.write(vncResponse(await stream.read(16), password));
  return (await stream.read(4)).readUInt32BE();
}

function requestUpdate(stream: ByteStream, incremental: boolean, width: number, height: number): void {
  const message = Buffer.alloc(10);
  message.writeUInt8(3, 0);
  message.writeUInt8(Number(incremental), 1);
  message.writeUInt16BE(width, 6);
  message.writeUInt16BE(height, 8);
  stream.write(message);
}

async function readUpdate(stream: ByteStream, bytesPerPixel: number): Promise<Buffer> {
  const head = await stream.read(16);
  expect([head.readUInt8(0), head.readUInt16BE(2), head.readUInt32BE(12)]).toEqual([0, 1, 0]);
  return stream.read(head.readUInt16BE(8) * head.readUInt16BE(10) * bytesPerPixel);
}

test('shows the screen of a VM to a VNC client over the websocket', async () => {
  const ticket = await open('vncproxy');
  const { stream, socket } = await connect(ticket);
  expect(socket.protocol).toBe('binary');
  expect(await authenticate(stream, ticket.password)).toBe(0);
  stream.write(Buffer.from([1]));
  const init = await stream.read(24);
  const [width, height] = [init.readUInt16BE(0), init.readUInt16BE(2)];
  expect((await stream.read(init.readUInt32BE(20))).toString()).toBe('QEMU (web)');
  // Encodings, a key, the pointer and a text of three characters, which the guest never sees.
  stream.write(Buffer.from([2, 0, 0, 1, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 97, 5, 0, 0, 1, 0, 1]));
  stream.write(Buffer.from([6, 0, 0, 0, 0, 0, 0, 3, 97, 98, 99]));
  requestUpdate(stream, false, width, height);
  const picture = await readUpdate(stream, 4);
  expect(new Set(picture.toString('hex').match(/.{8}/g)).size).toBe(2);
  socket.close();
  expect(await client.exitOf(ticket.upid)).toBe('OK');
});

test('sends pixels as the client wants them, and again when the picture changes', async () => {
  const ticket = await open('vncproxy');
  const { stream, socket } = await connect(ticket);
  await authenticate(stream, ticket.password);
  stream.write(Buffer.from([0]));
  const init = await stream.read(24);
  await stream.read(init.readUInt32BE(20));
  const [width, height] = [init.readUInt16BE(0), init.readUInt16BE(2)];
  // 16 bits, big-endian, 5-6-5.
  stream.write(Buffer.from([0, 0, 0, 0, 16, 16, 1, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0]));
  requestUpdate(stream, false, width, height);
  const before = await readUpdate(stream, 2);
  requestUpdate(stream, true, width, height);
  expect(await client.run('POST', `${VM}/status/suspend`)).toBe('OK');
  expect((await readUpdate(stream, 2)).equals(before)).toBe(false);
  expect(await client.run('POST', `${VM}/status/resume`)).toBe('OK');
  socket.close();
});

test('a wrong VNC password is told and ends the connection', async () => {
  const { stream, socket } = await connect(await open('vncproxy'));
  expect(await authenticate(stream, 'nonsense')).toBe(1);
  expect((await stream.read((await stream.read(4)).readUInt32BE())).toString()).toBe('Authentication failed');
  await until(() => socket.readyState === WebSocket.CLOSED);
});

test('the console of a VM that stops is closed', async () => {
  expect(await client.run('POST', '/nodes/pve1/qemu/9000/clone', { newid: 101 })).toBe('OK');
  const vm = '/nodes/pve1/qemu/101';
  await client.run('POST', `${vm}/status/start`);
  const ticket = await open('vncproxy', vm);
  const { stream, socket } = await connect(ticket, vm);
  await authenticate(stream, ticket.password);
  stream.write(Buffer.from([1]));
  await client.run('POST', `${vm}/status/stop`);
  await until(() => socket.readyState === WebSocket.CLOSED);
  const late = await open('vncproxy', vm);
  await connect(late, vm);
  expect(await client.exitOf(late.upid)).toBe('Failed to run vncproxy.');
  expect(await client.logOf(late.upid)).toContain('VM 101 not running');
});

/** Types a line and answers what is shown up to a given text. */
async function typeLine(stream: ByteStream, line: string, until: string): Promise<string> {
  stream.write(`0:${Buffer.byteLength(line) + 1}:${line}\r`);
  return stream.readUntil(until);
}

test('lets a terminal log in on the serial line and run a command', async () => {
  const ticket = await open('termproxy');
  expect(ticket.upid).toMatch(/:vncproxy:100:/);
  const { stream, socket } = await connect(ticket);
  stream.write(`${ticket.user}:${ticket.ticket}\n`);
  expect((await stream.read(2)).toString()).toBe('OK');
  stream.write('1:120:40:');
  stream.write('2');
  await typeLine(stream, '', 'web login: ');
  await typeLine(stream, 'debian', 'Password: ');
  await typeLine(stream, 'secret', 'debian@web:~$ ');
  expect(await typeLine(stream, 'echo hello', 'debian@web:~$ ')).toBe('echo hello\r\nhello\r\n');
  socket.close();
  expect(await client.exitOf(ticket.upid)).toBe('OK');
});

test('the end of a connection comes without a close frame', async () => {
  const { socket } = await connect(await open('vncproxy'));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  socket.close();
  expect(await closed).toBe(1006);
});

test('a terminal with another ticket is thrown out', async () => {
  const ticket = await open('termproxy');
  const { stream } = await connect(ticket);
  stream.write(`${ticket.user}:PVEVNC:00000000::AAAA\n`);
  expect(await client.exitOf(ticket.upid)).toMatch(
    /^command '\/usr\/bin\/termproxy .*-iface serial0' failed: exit code 1$/,
  );
});

test('a VM without a serial line has no terminal', async () => {
  await client.run('POST', '/nodes/pve1/qemu', { vmid: 102, memory: 64 });
  const { reason } = await client.call('POST', '/nodes/pve1/qemu/102/termproxy');
  expect(reason).toBe('unable to find a serial interface');
});

test('a console that nobody comes to times out', async () => {
  const { upid } = await open('vncproxy');
  expect(await client.exitOf(upid)).toBe('connection timed out');
});

test('a ticket is good for its VM and port alone', async () => {
  const ticket = await open('vncproxy');
  const bad = '401 permission denied - invalid PVEVNC ticket';
  await expect(connect({ ...ticket, port: '5950' })).rejects.toThrow(bad);
  await expect(connect(ticket, '/nodes/pve1/qemu/9000')).rejects.toThrow(bad);
  await expect(connect({ ...ticket, ticket: 'bad' })).rejects.toThrow(bad);
});

test('without VM.Console there is no console', async () => {
  await client.call('POST', '/access/users', { userid: 'ann@pve', password: 'secret-1' });
  const made = await client.call('POST', '/access/users/ann@pve/token/look', { privsep: 0 });
  const { value } = made.data as { value: string };
  const ticket = await open('vncproxy');
  const { status, reason } = await client.call(
    'GET',
    `${VM}/vncwebsocket`,
    { port: ticket.port, vncticket: ticket.ticket },
    { headers: { authorization: `PVEAPIToken=ann@pve!look=${value}` } },
  );
  expect([status, reason]).toEqual([403, 'Permission check failed (/vms/100, VM.Console)']);
});

test('without an upgrade the websocket only tells its port', async () => {
  const { port, ticket } = await open('vncproxy');
  const { data } = await client.call('GET', `${VM}/vncwebsocket`, { port, vncticket: ticket });
  expect(data).toEqual({ port });
});

test.each([
  ['Upgrade: h2c\r\nSec-WebSocket-Version: 13\r\n', "501 unable to upgrade to protocol 'h2c'"],
  ['Upgrade: websocket\r\nSec-WebSocket-Version: 8\r\n', "501 unsupported websocket-version '8'"],
  ['Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n', '501 missing websocket-key'],
])('an upgrade with %j is refused', async (headers, answer) => {
  const ticket = await open('vncproxy');
  const lines = `Host: localhost\r\nAuthorization: ${authorization}\r\nConnection: Upgrade\r\n${headers}`;
  const received = await sendRaw(simulator, `GET ${pathOf(ticket)} HTTP/1.1\r\n${lines}\r\n`);
  expect(received).toMatch(`HTTP/1.1 ${answer}\r\n`);
});

test('other calls do not care about an upgrade', async () => {
  const head = `Host: localhost\r\nAuthorization: ${authorization}\r\nConnection: Upgrade, HTTP2-Settings\r\n`;
  const received = await sendRaw(simulator, `GET /api2/json/version HTTP/1.1\r\n${head}Upgrade: h2c\r\n\r\n`);
  expect(received).toMatch(/^HTTP\/1\.1 200 OK/);
});

test('8.4 gives a password on demand only, and its tickets no port', async () => {
  const older = await startSimulator({ speed: 0, state: seedStandalone({ release: '8.4' }) });
  const its = createTestClient(older);
  try {
    const path = '/nodes/pve1/qemu/9000/vncproxy';
    const { data: plain } = await its.call('POST', path, { websocket: 1 });
    expect(plain).toMatchObject({ ticket: expect.stringMatching(/^PVEVNC:/) as string });
    expect(plain).not.toHaveProperty('password');
    const { data } = await its.call('POST', path, { websocket: 1, 'generate-password': 1 });
    expect(data).toMatchObject({ password: expect.stringMatching(/^.{8}$/) as string });
  } finally {
    await its.close();
    await older.close();
  }
});
