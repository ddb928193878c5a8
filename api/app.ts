import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import type { Deps } from './deps.ts';
import type { Endpoint } from './endpoint.ts';
import { authenticate } from './middleware/authenticate.ts';
import { jsonBody } from './middleware/json-body.ts';
import { problem } from './middleware/problem.ts';
import { requestId } from './middleware/request-id.ts';
import { requestLog } from './middleware/request-log.ts';
import { securityHeaders } from './middleware/security-headers.ts';
import { accountRoutes } from './routes/accounts.ts';
import { adoptionRoutes } from './routes/adoptions.ts';
import { attentionRoutes } from './routes/attention.ts';
import { apiTokenRoutes } from './routes/api-tokens.ts';
import { auditLogRoutes } from './routes/audit-log.ts';
import { authRoutes } from './routes/auth.ts';
import { catalogRoutes } from './routes/catalog.ts';
import { clusterRoutes } from './routes/clusters.ts';
import { dashboardRoutes } from './routes/dashboard.ts';
import { docsRoutes } from './routes/docs.ts';
import { driftRoutes } from './routes/drift.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { invitationRoutes } from './routes/invitations.ts';
import { migrateRoutes } from './routes/migrate.ts';
import { migrationRunRoutes } from './routes/migration-runs.ts';
import { nodeRoutes } from './routes/nodes.ts';
import { operationRoutes } from './routes/operations.ts';
import { orphanRoutes } from './routes/orphans.ts';
import { passkeyLoginRoutes } from './routes/passkey-login.ts';
import { passkeyRoutes } from './routes/passkeys.ts';
import { passwordRoutes } from './routes/passwords.ts';
import { peopleRoutes } from './routes/people.ts';
import { planRoutes } from './routes/plans.ts';
import { poolRoutes } from './routes/pools.ts';
import { reconcileRoutes } from './routes/reconcile.ts';
import { rescueRoutes } from './routes/rescue.ts';
import { serverPriceRoutes } from './routes/server-price.ts';
import { rebuildRoutes } from './routes/rebuild.ts';
import { resizeRoutes } from './routes/resize.ts';
import { serverActionRoutes } from './routes/server-actions.ts';
import { serverPasswordRoutes } from './routes/server-password.ts';
import { passwordResetRoutes } from './routes/password-resets.ts';
import { serverRoutes } from './routes/servers.ts';
import { settingsRoutes } from './routes/settings.ts';
import { sshKeyRoutes } from './routes/ssh-keys.ts';
import { suspensionRoutes } from './routes/suspension.ts';
import { templateRoutes } from './routes/templates.ts';
import { twoFactorRoutes } from './routes/two-factor.ts';
import { teamRoutes } from './routes/teams.ts';
import { userRoutes } from './routes/users.ts';

/** The whole API as a Koa application; whoever calls it listens. */
export function createApp(deps: Deps): Koa {
  // Of X-Forwarded-For only the last entry counts: the proxy wrote it, the others may come from anyone.
  const app = new Koa({ proxy: deps.trustProxy, maxIpsCount: 1 });
  const router = createRouter(deps);
  app.use(requestId(deps.log));
  app.use(requestLog());
  app.use(securityHeaders(deps.publicUrl));
  app.use(problem());
  app.use(router.routes());
  app.use(router.allowedMethods());
  // Everything else is answered by problem(); what reaches Koa is a connection that broke while being written to.
  app.on('error', (err: unknown) => deps.log.debug({ err }, 'connection broke'));
  return app;
}

function createRouter(deps: Deps): Router {
  const endpoints = [
    ...authRoutes(deps),
    ...passkeyLoginRoutes(deps),
    ...passwordRoutes(deps),
    ...teamRoutes(deps),
    ...invitationRoutes(deps),
    ...userRoutes(deps),
    ...apiTokenRoutes(deps),
    ...twoFactorRoutes(deps),
    ...passkeyRoutes(deps),
    ...auditLogRoutes(deps),
    ...sshKeyRoutes(deps),
    ...catalogRoutes(deps),
    ...settingsRoutes(deps),
    ...attentionRoutes(deps),
    ...clusterRoutes(deps),
    ...nodeRoutes(deps),
    ...planRoutes(deps),
    ...templateRoutes(deps),
    ...poolRoutes(deps),
    ...peopleRoutes(deps),
    ...accountRoutes(deps),
    ...migrationRunRoutes(deps),
    ...reconcileRoutes(deps),
    ...driftRoutes(deps),
    ...orphanRoutes(deps),
    ...passwordResetRoutes(deps),
    ...serverRoutes(deps),
    ...serverActionRoutes(deps),
    ...serverPasswordRoutes(deps),
    ...migrateRoutes(deps),
    ...resizeRoutes(deps),
    ...adoptionRoutes(deps),
    ...suspensionRoutes(deps),
    ...rescueRoutes(deps),
    ...serverPriceRoutes(deps),
    ...rebuildRoutes(deps),
    ...operationRoutes(deps),
    ...eventRoutes(deps),
    ...healthRoutes(deps),
  ];
  const router = new Router();
  const mayCall = authenticate(deps.database, deps.jwtSecret);
  const body = jsonBody();
  for (const declared of endpoints) {
    const chain: Middleware[] = [];
    if (declared.auth !== 'none') chain.push(mayCall(declared));
    if (declared.body) chain.push(body);
    router[declared.method](declared.path, answerWith(declared), ...chain, async (ctx) =>
      declared.handle(ctx),
    );
  }
  docsRoutes(router, endpoints, deps.publicUrl);
  dashboardRoutes(router, deps.dashboardDir);
  return router;
}

/** Names the route for measurements, and keeps answers about people out of caches. */
function answerWith({ path }: Endpoint): Middleware {
  return async (ctx, next) => {
    ctx.state['route'] = path;
    ctx.set('Cache-Control', 'no-store');
    await next();
  };
}
