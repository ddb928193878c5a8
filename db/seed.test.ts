import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Account } from './models/account.ts';
import { Cluster } from './models/cluster.ts';
import { IpAddress } from './models/ip-address.ts';
import { IpPool } from './models/ip-pool.ts';
import { Plan } from './models/plan.ts';
import { Secret } from './models/secret.ts';
import { User } from './models/user.ts';
import { verifyPassword } from './passwords.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';

let test: TestDatabase;
beforeEach(async () => {
  test = await createTestDatabase();
});
afterEach(async () => test.drop());

const BERTH_SECRETS_KEY = randomBytes(32).toString('base64');

async function seed(overrides: NodeJS.ProcessEnv = {}) {
  const env = {
    DATABASE_URL: test.url,
    BERTH_SECRETS_KEY,
    BERTH_CUSTOMER_EMAIL: 'customer@example.test',
    BERTH_CUSTOMER_PASSWORD: 'customer-password',
    BERTH_ADMIN_EMAIL: 'admin@example.test',
    BERTH_ADMIN_PASSWORD: 'admin-password',
    PROXMOX_URL: 'https://127.0.0.1:8006',
    PROXMOX_TOKEN_ID: 'berth@pve!seed',
    PROXMOX_TOKEN_SECRET: 'token-secret',
    ...overrides,
  };
  const program = join(import.meta.dirname, 'seed.ts');
  const { exitCode, all } = await execa(process.execPath, [program], {
    env,
    extendEnv: false,
    reject: false,
    all: true,
  });
  return { exitCode, output: all };
}

async function everything() {
  const { database } = test;
  const [users, accounts, plans, pools, addresses, clusters] = await Promise.all([
    User.query(database).orderBy('id'),
    Account.query(database).orderBy('id'),
    Plan.query(database).orderBy('id'),
    IpPool.query(database).orderBy('id'),
    IpAddress.query(database).orderBy('id'),
    Cluster.query(database).select('id', 'name', 'endpoints', 'tokenId', 'vmidMin', 'vmidMax'),
  ]);
  return { users, accounts, plans, pools, addresses, clusters };
}

it('makes users that can log in, plans and addresses, and leaves them as they are the second time', async () => {
  expect(await seed()).toEqual({ exitCode: 0, output: '' });
  const first = await everything();
  expect(first.users).toHaveLength(2);
  expect(first.plans.length).toBeGreaterThan(0);
  expect(first.addresses).toHaveLength(480);
  const customer = first.users.find(({ role }) => role === 'customer');
  expect(await verifyPassword(customer?.passwordHash ?? '', 'customer-password')).toBe(true);

  const changed = { BERTH_CUSTOMER_PASSWORD: 'other-password', BERTH_ADMIN_EMAIL: 'Admin@example.test' };
  expect(await seed(changed)).toEqual({ exitCode: 0, output: '' });
  expect(await everything()).toEqual(first);
  expect(await Secret.query(test.database).resultSize()).toBe(1);
});

it('makes no addresses without a cluster', async () => {
  expect(await seed({ PROXMOX_URL: '' })).toEqual({ exitCode: 0, output: '' });
  expect((await everything()).pools).toEqual([]);
});
