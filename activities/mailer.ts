import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTransport } from 'nodemailer';

export interface Mail {
  /** Its Message-ID, without the brackets. */
  id: string;
  to: string;
  subject: string;
  text: string;
}

/** Hands a mail over; rejects when it could not be. */
export type SendMail = (mail: Mail) => Promise<void>;

/** Nobody is waiting for long. In milliseconds. */
const PATIENCE = { connectionTimeout: 15_000, greetingTimeout: 15_000, socketTimeout: 30_000 };

/**
 * Sends mail by SMTP (`smtp://user:password@host:587`, `smtps://…`), or writes it into a folder (`file:///…`) for whoever tries Berth
 * without a mail server. With a password the connection has to be encrypted before it is told.
 */
export function createMailer(url: string, from: string): SendMail {
  const { protocol, username } = new URL(url);
  const compose = ({ id, ...mail }: Mail) => ({
    from,
    messageId: `<${id}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    ...mail,
  });
  if (protocol === 'file:') {
    const folder = fileURLToPath(url);
    const composer = createTransport({ streamTransport: true, buffer: true });
    return async (mail) => {
      const { message } = await composer.sendMail(compose(mail));
      await mkdir(folder, { recursive: true, mode: 0o700 });
      // The mails hold secrets. By their names they are in the order in which they were written.
      const name = `${new Date().toISOString().replaceAll(':', '')}-${randomUUID()}.eml`;
      await writeFile(join(folder, name), message as Buffer, { mode: 0o600 });
    };
  }
  const transport = createTransport({ url, requireTLS: username !== '', ...PATIENCE });
  return async (mail) => {
    await transport.sendMail(compose(mail));
  };
}
