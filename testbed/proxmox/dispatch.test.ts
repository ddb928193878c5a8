import { request } from 'node:http';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';
import { createTestClient, sendRaw } from './test-client.ts';
import type { TestClient } from './test-client.ts';

let simulator: Simulator;
let client: TestClient;
let authorization: string;

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0 });
  client = createTestClient(simulator);
  authorization = `Authorization: PVEAPIToken=${simulator.token.id}=${simulator.token.secret}`;
});
afterAll(async () => {
  await client.close();
  await simulator.close();
});

function raw(head: string, body = ''): Promise<string> {
  return sendRaw(simulator, `${head}\r\nHost: x\r\n${authorization}\r\n\r\n${body}`);
}

describe('the server around the API', () => {
  test('answers with the headers of pveproxy in its order', async () => {
    const text = await raw('GET /api2/json/version HTTP/1.0');
    const names = text
      .split('\r\n\r\n')[0]
      ?.split('\r\n')
      .slice(1)
      .map((line) => line.split(':')[0]);
    expect(names).toEqual([
      'Cache-Control',
      'Connection',
      'Date',
      'Pragma',
      'Server',
      'Content-Length',
      'Content-Type',
      'Expires',
    ]);
    expect(text).toContain('Server: pve-api-daemon/3.0');
  });

  test('shows two Connection headers on what pvedaemon answered', async () => {
    const text = await raw('GET /api2/json/nodes/pve1/qemu HTTP/1.1');
    expect(text.match(/^Connection: .*$/gm)?.map((line) => line.trim())).toEqual([
      'Connection: close',
      'Connection: Keep-Alive',
    ]);
  });

  test('repeats the message in the reason phrase and closes the connection', async () => {
    const answer = await client.call('GET', '/nodes/pve1/qemu/999/config');
    expect(answer.status).toBe(500);
    expect(answer.reason).toBe("Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist");
    expect(answer.message).toBe(`${answer.reason}\n`);
    expect(answer.headers.get('connection')).toBe('close');
  });

  test.each(['HEAD', 'PATCH', 'OPTIONS'])('does not know the method %s', async (method) => {
    const answer = await client.call(method, '/version');
    expect([answer.status, answer.reason, answer.text]).toEqual([
      501,
      `method '${method}' not available`,
      '',
    ]);
  });

  test('refuses what is no method or no request at all', async () => {
    expect(await raw('FOO /api2/json/version HTTP/1.1')).toMatch(
      /^HTTP\/1\.1 501 method 'FOO' not available/,
    );
    expect(await raw('garbage')).toMatch(/^HTTP\/1\.1 400 bad request/);
  });

  test('refuses a chunked body', async () => {
    const text = await raw(
      'POST /api2/json/pools HTTP/1.1\r\nTransfer-Encoding: chunked',
      '5\r\npoola\r\n0\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 501 chunked transfer encoding not supported/);
  });

  test('refuses a DELETE with a body', async () => {
    const text = await raw('DELETE /api2/json/nodes/pve1/qemu/999 HTTP/1.1\r\nContent-Length: 7', 'purge=1');
    expect(text).toMatch(/^HTTP\/1\.1 501 Unexpected content for method 'DELETE'/);
  });

  test('refuses content types other than form and JSON', async () => {
    const text = await raw(
      'POST /api2/json/pools HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 1',
      'x',
    );
    expect(text).toMatch(/^HTTP\/1\.1 506 upload 'Content-Type 'text\/plain' not implemented/);
  });

  test('refuses a body over half a mebibyte', async () => {
    const answer = await client.call('POST', '/access/ticket', { username: 'x'.repeat(530_000) });
    expect([answer.status, answer.reason]).toEqual([501, 'for data too large']);
  });

  test('names the method and path it does not implement', async () => {
    const answer = await client.call('POST', '/version');
    expect([answer.status, answer.message]).toEqual([501, "Method 'POST /version' not implemented"]);
  });

  test('names unknown parameters one by one', async () => {
    const answer = await client.call('GET', '/version', { bogus: 1 });
    expect([answer.status, answer.reason, answer.message]).toEqual([
      400,
      'Parameter verification failed.',
      'Parameter verification failed.\n',
    ]);
    expect(answer.errors).toEqual({
      bogus: 'property is not defined in schema and the schema does not allow additional properties',
    });
  });

  test('takes true as a boolean in JSON but not in a form', async () => {
    const path = '/nodes/pve1/qemu/999/config';
    expect((await client.call('PUT', path, { onboot: true }, { json: true })).status).toBe(500);
    expect((await client.call('PUT', path, { onboot: true })).errors).toEqual({
      onboot: "type check ('boolean') failed - got 'true'",
    });
  });

  test('refuses a path parameter that the body contradicts', async () => {
    const answer = await client.call('PUT', '/nodes/pve1/qemu/9000/config', { vmid: 213 });
    expect(answer.errors).toEqual({
      vmid: 'duplicate parameter (already defined in URI) with conflicting values!',
    });
  });

  test('cannot resolve a node that is not there', async () => {
    const answer = await client.call('GET', '/nodes/nosuch/qemu');
    expect([answer.status, answer.reason]).toEqual([
      500,
      "hostname lookup 'nosuch' failed - failed to get address info for: nosuch: Name or service not known",
    ]);
  });

  test('answers extjs calls with 200 and the real status inside', async () => {
    const text = await raw('GET /api2/extjs/nodes/pve1/qemu/999/config HTTP/1.0');
    expect(text).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      success: 0,
      status: 500,
      data: null,
    });
  });

  test('knows nothing outside /api2 and no other formats', async () => {
    expect(await raw('GET /version HTTP/1.1')).toMatch(/^HTTP\/1\.1 500 no such file '\/version'/);
    expect(await raw('GET /api2/nosuch/version HTTP/1.1')).toMatch(
      /^HTTP\/1\.1 501 no formatter for uri \/version, nosuch/,
    );
  });

  test('redirects plain HTTP on the TLS port', async () => {
    const { port } = new URL(simulator.url);
    const res = await new Promise<{ status: number | undefined; location: string | undefined }>(
      (resolve, reject) => {
        request({ host: '127.0.0.1', port, path: '/api2/json/version' }, (answer) => {
          answer.resume();
          resolve({ status: answer.statusCode, location: answer.headers.location });
        })
          .on('error', reject)
          .end();
      },
    );
    expect(res).toEqual({ status: 301, location: `https://127.0.0.1:${port}/api2/json/version` });
  });

  test('says goodbye with the hundredth answer on one connection', async () => {
    const one = `GET /api2/json/version HTTP/1.1\r\nHost: x\r\n${authorization}\r\n\r\n`;
    const text = await sendRaw(simulator, one.repeat(100), 100);
    const connections = text.match(/^Connection: .*$/gm)?.map((line) => line.trim());
    expect(connections).toHaveLength(100);
    expect(connections?.slice(-2)).toEqual(['Connection: Keep-Alive', 'Connection: close']);
  });
});
