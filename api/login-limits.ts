import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Database } from '../db/connect.ts';
import { RateLimited } from './errors.ts';

export interface LoginLimits {
  /** Attempts one address (an IPv6 /64) may make within 15 minutes; those that succeed do not count. */
  perAddress: number;
  /** Failed attempts on one e-mail address within 15 minutes. */
  perAccount: number;
  /** A refused login is answered no sooner, as hashes of different kinds take 25 to 250 ms: time names no users. */
  refusalMs: number;
}

const DEFAULTS: LoginLimits = { perAddress: 50, perAccount: 10, refusalMs: 500 };
const WINDOW_SECONDS = 900;

export interface LoginLimiter {
  /** Counts an attempt before its secret is looked at, also against the account where one is named; throws RateLimited. */
  attempt(ip: string, email?: string): Promise<void>;
  /** Takes the attempt back and forgets the account's failures. */
  succeeded(ip: string, email: string): Promise<void>;
  /** Waits until a refusal of what began at `startedAt` (performance.now()) may be answered. */
  untilRefusal(startedAt: number): Promise<void>;
}

/** Counts login attempts in the table `rate_limits`, so that all api processes count together. */
export function createLoginLimiter(database: Database, given: Partial<LoginLimits> = {}): LoginLimiter {
  const limits = { ...DEFAULTS, ...given };
  const limiter = (keyPrefix: string, points: number) =>
    new RateLimiterPostgres({
      storeClient: database,
      storeType: 'knex',
      tableName: 'rate_limits',
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix,
      points,
      duration: WINDOW_SECONDS,
    });
  const addresses = limiter('login-address', limits.perAddress);
  const accounts = limiter('login-account', limits.perAccount);
  return {
    async attempt(ip, email) {
      await consume(addresses, networkOf(ip));
      if (email !== undefined) await consume(accounts, accountKey(email));
    },
    async succeeded(ip, email) {
      await Promise.all([addresses.reward(networkOf(ip), 1), accounts.delete(accountKey(email))]);
    },
    async untilRefusal(startedAt) {
      await setTimeout(Math.max(0, startedAt + limits.refusalMs - performance.now()));
    },
  };
}

async function consume(limiter: RateLimiterPostgres, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (err) {
    if (err instanceof RateLimiterRes) throw new RateLimited(Math.max(1, Math.ceil(err.msBeforeNext / 1000)));
    throw err;
  }
}

const accountKey = (email: string): string =>
  createHash('sha256').update(email.toLowerCase()).digest('base64url');

/** One customer holds a whole /64, so its addresses count as one. */
function networkOf(ip: string): string {
  if (!isIPv6(ip) || ip.startsWith('::ffff:')) return ip;
  const [head = '', tail = ''] = ip.split('::');
  const front = head.split(':').filter(Boolean);
  const back = tail.split(':').filter(Boolean);
  const zeros = ip.includes('::') ? Array.from({ length: 8 - front.length - back.length }, () => '0') : [];
  return [...front, ...zeros, ...back].slice(0, 4).join(':');
}
