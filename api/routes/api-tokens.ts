import { randomBytes } from 'node:crypto';
import { ApiTokenList, CreateApiToken, NewApiToken } from '../../contract/account.ts';
import { hashToken } from '../../db/hash-token.ts';
import { ApiToken } from '../../db/models/api-token.ts';
import { queryRows } from '../../db/query-rows.ts';
import { audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { Forbidden, InvalidInput, issueOf, NotFound, QuotaExceeded } from '../errors.ts';
import { currentUser, TOKEN_PREFIX } from '../middleware/authenticate.ts';
import { toApiTokenView } from '../views/api-token.ts';
import { say } from '../../contract/sayings.ts';

const MOST_TOKENS = 50;

type TokenDeps = Pick<Deps, 'database'>;

/** Tokens with which programs act for a user. */
export function apiTokenRoutes(deps: TokenDeps): Endpoint[] {
  return [listTokens(deps), createToken(deps), revokeToken(deps)];
}

function listTokens({ database }: TokenDeps): Endpoint {
  return endpoint({
    method: 'get',
    path: '/users/me/tokens',
    tag: 'API tokens',
    summary: 'Your API tokens that are not revoked, newest first',
    auth: 'session',
    answers: { 200: { description: 'Your API tokens', schema: ApiTokenList } },
    async handle(ctx) {
      const { id: userId } = currentUser(ctx);
      const tokens = await ApiToken.query(database)
        .where({ userId })
        .whereNull('revokedAt')
        .orderByRaw('created_at desc, id');
      ctx.body = { items: tokens.map(toApiTokenView) };
    },
  });
}

function createToken({ database }: TokenDeps): Endpoint {
  return endpoint({
    method: 'post',
    path: '/users/me/tokens',
    tag: 'API tokens',
    summary: 'Make an API token; what it is comes with this answer only',
    auth: 'session',
    body: CreateApiToken,
    answers: { 201: { description: 'The token', schema: NewApiToken } },
    problems: ['invalid_input', 'quota_exceeded'],
    async handle(ctx, { body }) {
      const user = currentUser(ctx);
      const { name, permission, isStaff, sources, expiresAt } = body;
      if (isStaff && user.role !== 'admin') throw new Forbidden(say('admin_tokens_only'));
      if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now())
        throw new InvalidInput([issueOf('expiresAt', say('time_to_come'))]);
      const token = `${TOKEN_PREFIX}${randomBytes(32).toString('base64url')}`;
      const made = await database.transaction(async (trx) => {
        // Locked, so that two at once are not one too many.
        await queryRows(trx, 'select from users where id = ? for no key update', [user.id]);
        const own = await ApiToken.query(trx).where({ userId: user.id }).whereNull('revokedAt').resultSize();
        if (own >= MOST_TOKENS)
          throw new QuotaExceeded(say('tokens_used_up', { most: MOST_TOKENS }), say('revoke_one'));
        const [row] = await queryRows<{ id: string }>(
          trx,
          `insert into api_tokens (user_id, name, token_hash, hint, permission, is_staff, sources, expires_at)
           values (?, ?, ?, ?, ?, ?, (select array_agg(network(source::inet)) from unnest(?::text[]) source), ?)
           returning id`,
          [
            user.id,
            name,
            hashToken(token),
            token.slice(0, TOKEN_PREFIX.length + 4),
            permission,
            isStaff,
            sources ?? null,
            expiresAt ?? null,
          ],
        );
        const inserted = await ApiToken.query(trx)
          .findById(row?.id ?? '')
          .throwIfNotFound();
        await audit(trx, ctx, {
          userId: user.id,
          action: 'token.create',
          subjectId: inserted.id,
          details: { name, permission, ...(isStaff ? { isStaff } : {}) },
        });
        return inserted;
      });
      ctx.status = 201;
      ctx.body = { ...toApiTokenView(made), token };
    },
  });
}

function revokeToken({ database }: TokenDeps): Endpoint {
  return endpoint({
    method: 'delete',
    path: '/users/me/tokens/:id',
    tag: 'API tokens',
    summary: 'Revoke an API token, at once',
    auth: 'session',
    params: ById,
    answers: { 204: { description: 'It is of no use any more' } },
    problems: ['not_found'],
    async handle(ctx, { params: { id } }) {
      const { id: userId } = currentUser(ctx);
      await database.transaction(async (trx) => {
        const [revoked] = await queryRows<{ name: string }>(
          trx,
          'update api_tokens set revoked_at = now() where id = ? and user_id = ? and revoked_at is null returning name',
          [id, userId],
        );
        if (!revoked) throw new NotFound(say('token_unknown'));
        await audit(trx, ctx, { userId, action: 'token.revoke', subjectId: id, details: revoked });
      });
      ctx.status = 204;
    },
  });
}
