import type { Context } from 'koa';
import { AdminSettings, UpdateSettings } from '../../contract/admin.ts';
import { Settings } from '../../contract/settings.ts';
import { Settings as SettingsRow } from '../../db/models/settings.ts';
import { audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { SESSION_DAYS } from '../sessions.ts';
import { readSettings, type SettingsDeps } from '../settings.ts';

const TAG = 'Administration';

/** How this installation is set up: what its users have to know, and what those who run it see and change. */
export function settingsRoutes(
  deps: Pick<Deps, 'database' | 'workflowUi' | 'publicUrl'> & SettingsDeps,
): Endpoint[] {
  const { database } = deps;
  return [
    endpoint({
      method: 'get',
      path: '/settings',
      tag: 'Catalog',
      summary: 'What the provider has decided for all servers, such as how long a deletion can be undone',
      auth: 'bearer',
      answers: { 200: { description: 'As they are now', schema: Settings } },
      async handle(ctx) {
        const { deleteGraceHours } = await readSettings(database, deps);
        ctx.body = { deleteGraceHours: deleteGraceHours.value } satisfies Settings;
      },
    }),
    endpoint({
      method: 'get',
      path: '/admin/settings',
      tag: TAG,
      summary: 'How this installation is set up, and who says so',
      auth: 'admin',
      answers: { 200: { description: 'As it is now', schema: AdminSettings } },
      async handle(ctx) {
        await answer(ctx);
      },
    }),
    endpoint({
      method: 'patch',
      path: '/admin/settings',
      tag: TAG,
      summary: 'Set what can be set at run time, or leave it to the environment again',
      auth: 'admin',
      body: UpdateSettings,
      answers: { 200: { description: 'As it is now', schema: AdminSettings } },
      problems: ['invalid_input'],
      async handle(ctx, { body }) {
        const { deleteGraceHours, quarantineHours } = body;
        const details = {
          ...(deleteGraceHours === undefined ? {} : { deleteGraceHours }),
          ...(quarantineHours === undefined ? {} : { quarantineHours }),
        };
        await database.transaction(async (trx) => {
          await SettingsRow.query(trx).patch(details);
          await audit(trx, ctx, { userId: currentUser(ctx).id, action: 'settings.update', details });
        });
        await answer(ctx);
      },
    }),
  ];

  async function answer(ctx: Context): Promise<void> {
    const { workflowUi = null, publicUrl = null } = deps;
    ctx.body = {
      workflowUi,
      publicUrl,
      ...(await readSettings(database, deps)),
      sessionDays: SESSION_DAYS,
    } satisfies AdminSettings;
  }
}
