import { Settings } from '../../contract/settings.ts';
import type { Deps } from '../deps.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';

/** How this installation is set up, as far as its users have to know. */
export function settingsRoutes({ deleteGraceHours = 0 }: Pick<Deps, 'deleteGraceHours'>): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/settings',
      tag: 'Catalog',
      summary: 'What the provider has decided for all servers, such as how long a deletion can be undone',
      auth: 'bearer',
      answers: { 200: { description: 'As they are now', schema: Settings } },
      handle(ctx) {
        ctx.body = { deleteGraceHours } satisfies Settings;
      },
    }),
  ];
}
