import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { createMailer } from './mailer.ts';

const FROM = 'Berth <no-reply@example.net>';
const MAIL = { to: 'ada@example.org', subject: 'Grüße', text: 'A line\n' };

it('writes mails into a folder that only its owner reads', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'berth-mail-'));
  onTestFinished(() => rm(parent, { recursive: true }));
  const folder = join(parent, 'outbox');
  await createMailer(pathToFileURL(folder).href, FROM)(MAIL);
  const [name = ''] = await readdir(folder);
  const text = await readFile(join(folder, name), 'utf8');
  expect(text).toMatch(/^From: Berth <no-reply@example\.net>/m);
  expect(text).toMatch(/^To: ada@example\.org/m);
  expect(text).toMatch(/^Auto-Submitted: auto-generated/m);
  expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
});

/** A mail server that knows as much as one mail needs; answers what it was told. */
async function startMailServer() {
  const told: string[] = [];
  const server = createServer((socket) => {
    let isData = false;
    socket.write('220 mail.example.net\r\n');
    socket.on('data', (chunk) => {
      for (const line of chunk.toString().split('\r\n').filter(Boolean)) {
        told.push(line);
        if (isData && line !== '.') continue;
        isData = line === 'DATA';
        socket.write(isData ? '354 go on\r\n' : line === 'QUIT' ? '221 bye\r\n' : '250 fine\r\n');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { told, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

it('sends mails by SMTP', async () => {
  const { told, host } = await startMailServer();
  await createMailer(`smtp://${host}`, FROM)(MAIL);
  expect(told).toContain('MAIL FROM:<no-reply@example.net>');
  expect(told).toContain('RCPT TO:<ada@example.org>');
  expect(told).toContain('A line');
});

it('tells a password to no server without encryption', async () => {
  const { told, host } = await startMailServer();
  await expect(createMailer(`smtp://berth:secret@${host}`, FROM)(MAIL)).rejects.toThrow(/TLS|STARTTLS/i);
  expect(told.join('\n')).not.toMatch(/AUTH|RCPT/);
});
