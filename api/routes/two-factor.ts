import type { Knex } from 'knex';
import {
  ConfirmPassword,
  ConfirmTwoFactor,
  RecoveryCodes,
  TwoFactor,
  TwoFactorEnrolment,
} from '../../contract/account.ts';
import { Secret } from '../../db/models/secret.ts';
import { TwoFactor as TwoFactorRow } from '../../db/models/two-factor.ts';
import { audit } from '../audit.ts';
import { createPasswordCheck } from '../check-password.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { InvalidInput, issueOf, InvalidState, NotFound } from '../errors.ts';
import { createCodeLimiter } from '../login-limits.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { sealSecret } from '../seal-secret.ts';
import { drawRecoveryCodes, spendAppCode, TOTP_PURPOSE } from '../second-factor.ts';
import { revokeSessionsOf } from '../sessions.ts';
import { drawTotpSecret } from '../totp.ts';
import { say } from '../../contract/sayings.ts';

type TwoFactorDeps = Pick<Deps, 'database' | 'secretBox' | 'loginLimits'>;

/** Codes of an app (TOTP) as a second step of logging in. */
export function twoFactorRoutes(deps: TwoFactorDeps): Endpoint[] {
  return [show(deps), enrol(deps), confirm(deps), renewRecoveryCodes(deps), disable(deps), reset(deps)];
}

const PATH = '/users/me/two-factor';
const TAG = 'Two-factor';

function show({ database }: TwoFactorDeps): Endpoint {
  return endpoint({
    method: 'get',
    path: PATH,
    tag: TAG,
    summary: 'Whether logging in needs a second factor',
    auth: 'session',
    answers: { 200: { description: 'How it stands', schema: TwoFactor } },
    async handle(ctx) {
      const { id: userId } = currentUser(ctx);
      const factor = await findConfirmed(database, userId);
      const [left] = await database('recovery_codes').where({ userId }).whereNull('usedAt').count();
      const body: TwoFactor = {
        enabledAt: factor?.confirmedAt?.toISOString() ?? null,
        recoveryCodesLeft: factor ? Number(left?.['count'] ?? 0) : 0,
      };
      ctx.body = body;
    },
  });
}

function enrol(deps: TwoFactorDeps): Endpoint {
  const { database, secretBox } = deps;
  const checkPassword = createPasswordCheck(deps);
  return endpoint({
    method: 'post',
    path: PATH,
    tag: TAG,
    summary: 'Get a secret for an app; it counts once a code of it is confirmed',
    auth: 'session',
    body: ConfirmPassword,
    answers: { 200: { description: 'What the app needs', schema: TwoFactorEnrolment } },
    problems: ['invalid_input', 'invalid_state', 'rate_limited'],
    async handle(ctx, { body: { password } }) {
      const user = currentUser(ctx);
      await checkPassword(ctx, user, { field: 'password', password });
      const drawn = await drawTotpSecret(user.email);
      await database.transaction(async (trx) => {
        await lockUser(trx, user.id);
        if (await findConfirmed(trx, user.id)) throw new InvalidState(say('factor_on'), say('disable_first'));
        await removeFactor(trx, user.id);
        const secretId = await sealSecret(trx, secretBox, TOTP_PURPOSE, drawn.secret);
        await TwoFactorRow.query(trx).insert({ userId: user.id, secretId });
        await audit(trx, ctx, { userId: user.id, action: 'two_factor.enrol' });
      });
      ctx.body = drawn;
    },
  });
}

function confirm({ database, secretBox, loginLimits }: TwoFactorDeps): Endpoint {
  const limiter = createCodeLimiter(database, loginLimits);
  return endpoint({
    method: 'post',
    path: `${PATH}/confirm`,
    tag: TAG,
    summary: 'Switch it on with a first code of the app',
    auth: 'session',
    body: ConfirmTwoFactor,
    answers: {
      200: { description: 'It is on; what to log in with when the app is lost', schema: RecoveryCodes },
    },
    problems: ['invalid_input', 'invalid_state', 'rate_limited'],
    async handle(ctx, { body }) {
      const { id: userId } = currentUser(ctx);
      await limiter.attempt(userId);
      const code = body.code.replaceAll(/\s/g, '');
      const recoveryCodes = await database.transaction(async (trx) => {
        const factor = await TwoFactorRow.query(trx).findById(userId).whereNull('confirmedAt').forUpdate();
        if (!factor) throw new InvalidState(say('nothing_to_confirm'), say('get_secret_first'));
        if (!(await spendAppCode(trx, { secretBox, factor, code })))
          throw new InvalidInput([issueOf('code', say('wrong_app_code'))]);
        await factor.$query(trx).patch({ confirmedAt: new Date() });
        await audit(trx, ctx, { userId, action: 'two_factor.enable' });
        return drawRecoveryCodes(trx, userId);
      });
      await limiter.succeeded(userId);
      ctx.body = { recoveryCodes };
    },
  });
}

function renewRecoveryCodes(deps: TwoFactorDeps): Endpoint {
  const { database } = deps;
  const checkPassword = createPasswordCheck(deps);
  return endpoint({
    method: 'post',
    path: `${PATH}/recovery-codes`,
    tag: TAG,
    summary: 'Get new recovery codes in place of the old ones',
    auth: 'session',
    body: ConfirmPassword,
    answers: { 200: { description: 'The new ones', schema: RecoveryCodes } },
    problems: ['invalid_input', 'invalid_state', 'rate_limited'],
    async handle(ctx, { body: { password } }) {
      const user = currentUser(ctx);
      await checkPassword(ctx, user, { field: 'password', password });
      const recoveryCodes = await database.transaction(async (trx) => {
        await lockUser(trx, user.id);
        if (!(await findConfirmed(trx, user.id))) throw notOn();
        await audit(trx, ctx, { userId: user.id, action: 'two_factor.renew_codes' });
        return drawRecoveryCodes(trx, user.id);
      });
      ctx.body = { recoveryCodes };
    },
  });
}

function disable(deps: TwoFactorDeps): Endpoint {
  const { database } = deps;
  const checkPassword = createPasswordCheck(deps);
  return endpoint({
    method: 'post',
    path: `${PATH}/disable`,
    tag: TAG,
    summary: 'Let the password alone be enough again',
    auth: 'session',
    body: ConfirmPassword,
    answers: { 204: { description: 'It is off' } },
    problems: ['invalid_input', 'invalid_state', 'rate_limited'],
    async handle(ctx, { body: { password } }) {
      const user = currentUser(ctx);
      await checkPassword(ctx, user, { field: 'password', password });
      await database.transaction(async (trx) => {
        if (!(await removeFactor(trx, user.id))) throw notOn();
        await audit(trx, ctx, { userId: user.id, action: 'two_factor.disable' });
      });
      ctx.status = 204;
    },
  });
}

function reset({ database }: TwoFactorDeps): Endpoint {
  return endpoint({
    method: 'delete',
    path: '/admin/users/:id/two-factor',
    tag: TAG,
    summary: 'Help a user who has lost their app and their recovery codes',
    auth: 'admin-session',
    params: ById,
    answers: { 204: { description: 'Their password alone is enough again, and their sessions have ended' } },
    problems: ['not_found'],
    async handle(ctx, { params: { id } }) {
      const admin = currentUser(ctx);
      await database.transaction(async (trx) => {
        if (!(await removeFactor(trx, id))) throw new NotFound(say('no_second_factor'));
        await revokeSessionsOf(trx, id);
        await audit(trx, ctx, { userId: admin.id, action: 'two_factor.reset', subjectId: id });
      });
      ctx.status = 204;
    },
  });
}

const notOn = () => new InvalidState(say('factor_off'), say('switch_on_first'));

const findConfirmed = (database: Knex, userId: string) =>
  TwoFactorRow.query(database).findById(userId).whereNotNull('confirmedAt');

const lockUser = (trx: Knex, userId: string) =>
  trx('users').where({ id: userId }).forNoKeyUpdate().select('id');

/** Takes the app's secret and the recovery codes away; false when there were none. */
async function removeFactor(trx: Knex, userId: string): Promise<boolean> {
  const [removed] = await TwoFactorRow.query(trx).where({ userId }).delete().returning('secretId');
  if (removed) await Secret.query(trx).deleteById(removed.secretId);
  await trx('recovery_codes').where({ userId }).delete();
  return removed !== undefined;
}
