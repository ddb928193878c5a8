import { access } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import type { Router } from '@koa/router';
import { send } from '@koa/send';
import type { Context } from 'koa';
import { NotFound } from '../errors.ts';
import { say } from '../../contract/sayings.ts';

/** Vite puts a content hash into the name of everything below assets/, so those files never change. */
const HASHED = /^assets\//;

/** The dashboard's files under /app/; a path without a file is one of its pages and gets index.html. */
export function dashboardRoutes(router: Router, dashboardDir: string | undefined): void {
  router.get('/', (ctx) => {
    if (ctx.accepts('json', 'html') === 'html') ctx.redirect('/app/');
    else ctx.body = { name: 'Berth', documentation: '/docs', openapi: '/openapi.json' };
  });
  router.get('/app{/*path}', async (ctx) => {
    if (ctx.path === '/app') return ctx.redirect('/app/');
    if (!dashboardDir) throw new NotFound(say('dashboard_not_built'));
    await sendFile(ctx, dashboardDir, ctx.path.slice('/app/'.length));
  });
}

async function sendFile(ctx: Context, root: string, path: string): Promise<void> {
  if (HASHED.test(path)) {
    await send(ctx, path, { root, maxAge: 31_536_000_000, immutable: true });
    return;
  }
  const isFile = /\.\w+$/.test(path) && (await exists(root, path));
  ctx.set('Cache-Control', 'no-cache');
  await send(ctx, isFile ? path : 'index.html', { root });
}

async function exists(root: string, path: string): Promise<boolean> {
  const file = normalize(join(root, path));
  if (!file.startsWith(normalize(root))) return false;
  return access(file).then(
    () => true,
    () => false,
  );
}
