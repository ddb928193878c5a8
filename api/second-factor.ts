import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import type { Context } from 'koa';
import { hashToken } from '../db/hash-token.ts';
import { Secret } from '../db/models/secret.ts';
import { TwoFactor } from '../db/models/two-factor.ts';
import type { SecretBox } from '../db/secrets.ts';
import { audit } from './audit.ts';
import type { Deps } from './deps.ts';
import { InvalidCode, SecondFactorRequired } from './errors.ts';
import { createCodeLimiter, createLoginLimiter } from './login-limits.ts';
import { stepOfCode } from './totp.ts';

export const TOTP_PURPOSE = 'totp';
const RECOVERY_CODES = 10;

const isAppCode = (code: string): boolean => /^\d{6}$/.test(code);

/**
 * Makes the second step of a login, which nobody passes without a code where the user has switched that on. Each code
 * is good once; a wrong one is noted in the audit log, as whoever sent it knew the password.
 */
export function createSecondFactorCheck({
  database,
  secretBox,
  loginLimits,
}: Pick<Deps, 'database' | 'secretBox' | 'loginLimits'>) {
  const codes = createCodeLimiter(database, loginLimits);
  const logins = createLoginLimiter(database, loginLimits);
  return async function checkSecondFactor(
    ctx: Context,
    userId: string,
    code: string | undefined,
  ): Promise<void> {
    const factor = await TwoFactor.query(database).findById(userId).whereNotNull('confirmedAt');
    if (!factor) return;
    if (code === undefined) throw new SecondFactorRequired();
    const startedAt = performance.now();
    const given = code.replaceAll(/[\s-]/g, '');
    if (isAppCode(given)) await codes.attempt(userId);
    const isGood = await database.transaction(async (trx) => {
      if (await spendCode(trx, { secretBox, userId, code: given })) return true;
      await audit(trx, ctx, { userId, action: 'session.refuse_code' });
      return false;
    });
    if (!isGood) {
      await logins.untilRefusal(startedAt);
      throw new InvalidCode();
    }
    await codes.succeeded(userId);
  };
}

/** Uses up a code of the app or a recovery code; false when it is neither, or has been used. */
async function spendCode(
  trx: Knex,
  { secretBox, userId, code }: { secretBox: SecretBox; userId: string; code: string },
): Promise<boolean> {
  // Locked, so that of two logins with one code only one gets in.
  const factor = await TwoFactor.query(trx).findById(userId).forUpdate();
  if (!factor) return false;
  if (isAppCode(code)) return spendAppCode(trx, { secretBox, factor, code });
  const spent = await trx('recovery_codes')
    .where({ userId, codeHash: hashRecoveryCode(code) })
    .whereNull('usedAt')
    .update({ usedAt: new Date() });
  return spent > 0;
}

/** Uses up a code of an app whose row is locked; a code older than the last one used is as good as used. */
export async function spendAppCode(
  trx: Knex,
  { secretBox, factor, code }: { secretBox: SecretBox; factor: TwoFactor; code: string },
): Promise<boolean> {
  const sealed = await Secret.query(trx).findById(factor.secretId).throwIfNotFound();
  const step = await stepOfCode(secretBox.open(sealed, TOTP_PURPOSE), code);
  if (step === null || step <= Number(factor.lastStep)) return false;
  await factor.$query(trx).patch({ lastStep: String(step) });
  return true;
}

/** Draws ten recovery codes (80 bits each) in place of those there were; kept as hashes only. */
export async function drawRecoveryCodes(trx: Knex, userId: string): Promise<string[]> {
  const codes = Array.from({ length: RECOVERY_CODES }, drawRecoveryCode);
  await trx('recovery_codes').where({ userId }).delete();
  await trx('recovery_codes').insert(codes.map((code) => ({ userId, codeHash: hashRecoveryCode(code) })));
  return codes;
}

/** Without 0, 1, l and o, which look like others. */
const ALPHABET = '23456789abcdefghijkmnpqrstuvwxyz';

function drawRecoveryCode(): string {
  const letters = [...randomBytes(16)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return (letters.match(/.{4}/g) ?? []).join('-');
}

const hashRecoveryCode = (code: string): string => hashToken(code.toLowerCase().replaceAll(/[\s-]/g, ''));
