import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { createMailer } from './mailer.ts';
import { startMailServer } from '../tests/mail-server.ts';

const FROM = 'Berth <no-reply@example.net>';
const MAIL = { id: 'one@cloud.example.test', to: 'ada@example.org', subject: 'Grüße', text: 'A line\n' };

it('writes mails into a folder that only its owner reads', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'berth-mail-'));
  onTestFinished(() => rm(parent, { recursive: true }));
  const folder = join(parent, 'outbox');
  await createMailer(pathToFileURL(folder).href, FROM)(MAIL);
  const [name = ''] = await readdir(folder);
  const text = await readFile(join(folder, name), 'utf8');
  expect(text).toMatch(/^From: Berth <no-reply@example\.net>/m);
  expect(text).toMatch(/^To: ada@example\.org/m);
  expect(text).toMatch(/^Message-ID: <one@cloud\.example\.test>/m);
  expect(text).toMatch(/^Auto-Submitted: auto-generated/m);
  expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
});

it('sends mails by SMTP', async () => {
  const server = await startMailServer();
  await createMailer(server.url, FROM)(MAIL);
  expect(server.told).toContain('MAIL FROM:<no-reply@example.net>');
  expect(server.told).toContain('RCPT TO:<ada@example.org>');
  expect(server.taken).toEqual([expect.stringContaining('A line')]);
});

it('tells a password to no server without encryption', async () => {
  const { told, url } = await startMailServer();
  const withPassword = url.replace('//', '//berth:secret@');
  await expect(createMailer(withPassword, FROM)(MAIL)).rejects.toThrow(/TLS|STARTTLS/i);
  expect(told.join('\n')).not.toMatch(/AUTH|RCPT/);
});
