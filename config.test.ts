import { expect, it } from 'vitest';
import { loadConfig } from './config.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const COMMON = { DATABASE_URL: 'postgres://berth:pw@127.0.0.1/berth', BERTH_SECRETS_KEY: KEY };
const API = { ...COMMON, BERTH_JWT_SECRET: 'x'.repeat(32) };

function messageOf(...args: Parameters<typeof loadConfig>): string {
  try {
    loadConfig(...args);
  } catch (err) {
    return String(err);
  }
  throw new Error('it was accepted');
}

it('reads what is needed and fills in the rest', () => {
  expect(loadConfig('api', API)).toMatchObject({
    BERTH_API_HOST: '127.0.0.1',
    BERTH_API_PORT: 3000,
    BERTH_LOG_LEVEL: 'info',
    BERTH_TRUST_PROXY: false,
    BERTH_SECRETS_KEY: Buffer.alloc(32, 7),
  });
  expect(loadConfig('api', { ...API, BERTH_API_PORT: '0', BERTH_TRUST_PROXY: 'true' })).toMatchObject({
    BERTH_API_PORT: 0,
    BERTH_TRUST_PROXY: true,
  });
});

it('takes an empty variable for one that is not there', () => {
  expect(loadConfig('api', { ...API, BERTH_PUBLIC_URL: '', BERTH_API_PORT: '' })).toMatchObject({
    BERTH_API_PORT: 3000,
  });
  expect(messageOf('database', { DATABASE_URL: '' })).toContain('DATABASE_URL');
});

it('sends mail only with a sender, and links only to an address that is set', () => {
  const mail = { BERTH_MAIL_URL: 'smtps://berth:value-9@mail.example.net' };
  expect(messageOf('api', { ...API, ...mail })).toMatch(/BERTH_MAIL_FROM[^]*BERTH_PUBLIC_URL/);
  expect(messageOf('api', { ...API, BERTH_MAIL_URL: 'http://mail.example.net' })).toContain('BERTH_MAIL_URL');
  const from = { BERTH_MAIL_FROM: 'Berth <no-reply@example.net>' };
  const outbox = { ...API, ...from, BERTH_MAIL_URL: 'file:///outbox' };
  expect(loadConfig('api', outbox)).toMatchObject(from);
  expect(loadConfig('api', { ...API, ...mail, ...from, BERTH_PUBLIC_URL: 'https://b.test' })).toMatchObject(
    mail,
  );
});

it('names every bad variable at once, and never its value', () => {
  const bad = {
    DATABASE_URL: 'mysql://root:value-1@db/berth',
    BERTH_SECRETS_KEY: 'value-2',
    BERTH_JWT_SECRET: 'value-3',
    BERTH_LOG_LEVEL: 'value-4',
    BERTH_QUEUE_PREFIX: 'fine',
    BERTH_DATABASE_POOL: 'value-5',
    BERTH_API_PORT: 'value-6',
    BERTH_PUBLIC_URL: 'value-7',
    BERTH_TRUST_PROXY: 'value-8',
    TEMPORAL_UI_URL: 'value-9',
  };
  const message = messageOf('api', bad);
  const { BERTH_QUEUE_PREFIX: fine, ...wrong } = bad;
  for (const name of Object.keys(wrong)) expect(message).toContain(`  ${name}: `);
  expect(message).not.toContain('value-');
  expect(message).not.toContain(fine);
  expect(message).toContain('.env.example');
});

it('says what is missing when nothing is there', () => {
  const message = messageOf('api', {});
  for (const name of ['DATABASE_URL', 'BERTH_SECRETS_KEY', 'BERTH_JWT_SECRET']) {
    expect(message).toContain(name);
  }
});

it('asks each kind of process only for what it needs', () => {
  expect(loadConfig('database', COMMON)).toEqual({ DATABASE_URL: COMMON.DATABASE_URL });
  expect(loadConfig('worker', COMMON).PROXMOX_URL).toBeUndefined();
});

it.each([31, 33, 0])('refuses a secrets key of %d bytes', (length) => {
  const message = messageOf('worker', {
    ...COMMON,
    BERTH_SECRETS_KEY: Buffer.alloc(length, 1).toString('base64'),
  });
  expect(message).toContain('BERTH_SECRETS_KEY');
});

const PROXMOX = {
  PROXMOX_URL: 'https://pve1.example.test:8006, https://pve2.example.test:8006',
  PROXMOX_TOKEN_ID: 'berth@pve!main',
  PROXMOX_TOKEN_SECRET: 'value-10',
};

it('reads several addresses of a cluster, and its fingerprint', () => {
  const PROXMOX_FINGERPRINT = Array.from({ length: 32 }, () => 'aB').join(':');
  expect(loadConfig('worker', { ...COMMON, ...PROXMOX, PROXMOX_FINGERPRINT })).toMatchObject({
    PROXMOX_URL: ['https://pve1.example.test:8006', 'https://pve2.example.test:8006'],
    PROXMOX_FINGERPRINT,
    PROXMOX_LOCATION: 'Default',
  });
});

const BAD_PROXMOX: [string, Record<string, string>, string][] = [
  ['plain HTTP', { PROXMOX_URL: 'http://value-11:8006' }, 'PROXMOX_URL'],
  ['one bad address of two', { PROXMOX_URL: 'https://pve1:8006,value-12' }, 'PROXMOX_URL'],
  ['a token without a name', { PROXMOX_TOKEN_ID: 'value-13@pve' }, 'PROXMOX_TOKEN_ID'],
  ['a SHA-1 fingerprint', { PROXMOX_FINGERPRINT: 'AB:CD' }, 'PROXMOX_FINGERPRINT'],
  ['an address without a token', { PROXMOX_TOKEN_SECRET: '' }, 'PROXMOX_TOKEN_SECRET'],
];
it.each(BAD_PROXMOX)('refuses %s', (_what, overrides, name) => {
  const message = messageOf('worker', { ...COMMON, ...PROXMOX, ...overrides });
  expect(message).toContain(name);
  expect(message).not.toContain('value-');
});
