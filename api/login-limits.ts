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
  /** Wrong codes of a second factor that one user may send within 6 hours; recovery codes are too long to guess. */
  perCode: number;
  /** Mails with a link for a password that one address (an IPv6 /64) may ask for within an hour. */
  resetsPerAddress: number;
  /** Such mails that one e-mail address gets within an hour. */
  resetsPerAccount: number;
  /** Invitations that are mailed for one account within an hour. */
  invitationsPerAccount: number;
  /** Such mails that one e-mail address gets within an hour. */
  invitationsPerEmail: number;
  /** A refused login is answered no sooner, as hashes of different kinds take 25 to 250 ms: time names no users. */
  refusalMs: number;
}

const DEFAULTS: LoginLimits = {
  perAddress: 50,
  perAccount: 10,
  perCode: 10,
  resetsPerAddress: 20,
  resetsPerAccount: 3,
  invitationsPerAccount: 30,
  invitationsPerEmail: 3,
  refusalMs: 500,
};
const WINDOW_SECONDS = 900;
const MAIL_WINDOW_SECONDS = 3600;
const CODE_WINDOW_SECONDS = 6 * 3600;

export interface LoginLimiter {
  /** Counts an attempt before its secret is looked at, also against the account where one is named; throws RateLimited. */
  attempt(ip: string, email?: string): Promise<void>;
  /** Takes the attempt back, or as many as it took, and forgets the account's failures. */
  succeeded(ip: string, email: string, attempts?: number): Promise<void>;
  /** Waits until a refusal of what began at `startedAt` (performance.now()) may be answered. */
  untilRefusal(startedAt: number): Promise<void>;
}

interface Limit {
  keyPrefix: string;
  points: number;
  /** In seconds. */
  duration: number;
}

/** Counts in the table `rate_limits`, so that all api processes count together. */
const createLimiter = (database: Database, limit: Limit) =>
  new RateLimiterPostgres({
    storeClient: database,
    storeType: 'knex',
    tableName: 'rate_limits',
    tableCreated: true,
    clearExpiredByTimeout: false,
    ...limit,
  });

/** Counts login attempts. */
export function createLoginLimiter(database: Database, given: Partial<LoginLimits> = {}): LoginLimiter {
  const limits = { ...DEFAULTS, ...given };
  const limiter = (keyPrefix: string, points: number) =>
    createLimiter(database, { keyPrefix, points, duration: WINDOW_SECONDS });
  const addresses = limiter('login-address', limits.perAddress);
  const accounts = limiter('login-account', limits.perAccount);
  return {
    async attempt(ip, email) {
      await consume(addresses, networkOf(ip));
      if (email !== undefined) await consume(accounts, accountKey(email));
    },
    async succeeded(ip, email, attempts = 1) {
      await Promise.all([addresses.reward(networkOf(ip), attempts), accounts.delete(accountKey(email))]);
    },
    async untilRefusal(startedAt) {
      await setTimeout(Math.max(0, startedAt + limits.refusalMs - performance.now()));
    },
  };
}

export interface ResetLimiter {
  /** Counts a wish for a mail; throws RateLimited. */
  attempt(ip: string): Promise<void>;
  /** Counts a mail to an address, whoever it is; false when it has had enough of them. */
  mayMail(email: string): Promise<boolean>;
}

/** Counts mails with links for a password. */
export function createResetLimiter(database: Database, given: Partial<LoginLimits> = {}): ResetLimiter {
  const { resetsPerAddress, resetsPerAccount } = { ...DEFAULTS, ...given };
  const limiter = (keyPrefix: string, points: number) =>
    createLimiter(database, { keyPrefix, points, duration: MAIL_WINDOW_SECONDS });
  const addresses = limiter('reset-address', resetsPerAddress);
  const accounts = limiter('reset-account', resetsPerAccount);
  return {
    attempt: async (ip) => consume(addresses, networkOf(ip)),
    mayMail: async (email) =>
      consume(accounts, accountKey(email)).then(
        () => true,
        (error: unknown) => {
          if (error instanceof RateLimited) return false;
          throw error;
        },
      ),
  };
}

export interface InvitationLimiter {
  /** Counts a mail with an invitation before it is made; throws RateLimited. */
  attempt(accountId: string, email: string): Promise<void>;
}

/** Counts mails with invitations, so that nobody gets many of them from here. */
export function createInvitationLimiter(
  database: Database,
  given: Partial<LoginLimits> = {},
): InvitationLimiter {
  const { invitationsPerAccount, invitationsPerEmail } = { ...DEFAULTS, ...given };
  const limiter = (keyPrefix: string, points: number) =>
    createLimiter(database, { keyPrefix, points, duration: MAIL_WINDOW_SECONDS });
  const accounts = limiter('invitation-account', invitationsPerAccount);
  const emails = limiter('invitation-email', invitationsPerEmail);
  return {
    async attempt(accountId, email) {
      await consume(accounts, accountId);
      await consume(emails, accountKey(email));
    },
  };
}

export interface CodeLimiter {
  /** Counts a code of an app before it is looked at; throws RateLimited. */
  attempt(userId: string): Promise<void>;
  /** Forgets the user's wrong codes. */
  succeeded(userId: string): Promise<void>;
}

/** Counts the codes of second factors. */
export function createCodeLimiter(database: Database, given: Partial<LoginLimits> = {}): CodeLimiter {
  const { perCode } = { ...DEFAULTS, ...given };
  const codes = createLimiter(database, {
    keyPrefix: 'login-code',
    points: perCode,
    duration: CODE_WINDOW_SECONDS,
  });
  return {
    attempt: async (userId) => consume(codes, userId),
    async succeeded(userId) {
      await codes.delete(userId);
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
