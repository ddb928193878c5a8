import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { hashToken } from './hash-token.ts';
import { linkTo } from './mail-links.ts';
import { User } from './models/user.ts';
import { queryRows } from './query-rows.ts';

export const LINK_DAYS = 14;

export interface PasswordLink {
  email: string;
  /** A secret: whoever has it sets the password. */
  link: string;
}

const INSERT_LINKS = `
  with made as (
    insert into password_links (token_hash, user_id, expires_at)
    select given.token_hash, u.id, now() + ? * interval '1 day'
    from unnest(?::text[], ?::uuid[]) as given (token_hash, user_id)
      join users u on u.id = given.user_id and u.disabled_at is null
    returning token_hash, user_id
  )
  select u.email, made.token_hash as "tokenHash" from made join users u on u.id = made.user_id`;

/**
 * Makes a link for each of the users to set their password with, in the order given; disabled users get none. The token
 * is known nowhere else: the table has its hash.
 */
export async function createPasswordLinks(
  database: Knex,
  userIds: readonly string[],
  { publicUrl, days = LINK_DAYS }: { publicUrl: string; days?: number },
): Promise<PasswordLink[]> {
  const drawn = [...new Set(userIds)].map((userId) => {
    const token = randomBytes(32).toString('base64url');
    return { userId, token, tokenHash: hashToken(token) };
  });
  const made = await queryRows<{ email: string; tokenHash: string }>(database, INSERT_LINKS, [
    days,
    drawn.map(({ tokenHash }) => tokenHash),
    drawn.map(({ userId }) => userId),
  ]);
  const emails = new Map(made.map(({ tokenHash, email }) => [tokenHash, email]));
  return drawn.flatMap(({ token, tokenHash }) => {
    const email = emails.get(tokenHash);
    return email === undefined ? [] : [{ email, link: linkTo(publicUrl, 'set-password', token) }];
  });
}

/** Lets a user set their password with this token for some hours. */
export async function insertPasswordLink(
  database: Knex,
  { token, userId, hours }: { token: string; userId: string; hours: number },
): Promise<void> {
  await queryRows(
    database,
    `insert into password_links (token_hash, user_id, expires_at) values (?, ?, now() + ? * interval '1 hour')`,
    [hashToken(token), userId, hours],
  );
}

/** Uses up the link of a token with all others of its user; undefined, and nothing changed, when it is of no use. */
export async function spendPasswordLink(trx: Knex.Transaction, token: string): Promise<User | undefined> {
  const tokenHash = hashToken(token);
  // The user is locked before their links are looked at, so that of two links sent at once one is of use.
  const user = await User.query(trx)
    .whereIn('id', trx('password_links').select('user_id').where({ token_hash: tokenHash }))
    .whereNull('disabledAt')
    .forUpdate()
    .first();
  if (!user) return undefined;
  const spent = await queryRows(
    trx,
    `update password_links set used_at = now() where user_id = ? and used_at is null and exists (
       select from password_links where token_hash = ? and used_at is null and expires_at > now())
     returning token_hash`,
    [user.id, tokenHash],
  );
  return spent.length > 0 ? user : undefined;
}
