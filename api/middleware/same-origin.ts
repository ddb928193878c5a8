import type { Context } from 'koa';
import { Forbidden } from '../errors.ts';
import { say } from '../../contract/sayings.ts';

/** Where this is reached: at the configured address, else where this request came to. */
export function ownOrigin(ctx: Context, publicUrl: string | undefined): string {
  return publicUrl === undefined ? `${ctx.protocol}://${ctx.host}` : new URL(publicUrl).origin;
}

/**
 * Refuses a request another site's page made, for routes that live on a cookie. Browsers say where it comes from in
 * Sec-Fetch-Site (on trustworthy origins) or Origin; a request with neither is no browser's and carries no one's cookie.
 */
export function requireSameOrigin(ctx: Context, publicUrl: string | undefined): void {
  const site = ctx.get('Sec-Fetch-Site');
  if (site) {
    if (site === 'same-origin') return;
    throw new Forbidden(say('from_other_site'));
  }
  const origin = ctx.get('Origin');
  if (!origin) return;
  if (origin !== ownOrigin(ctx, publicUrl)) throw new Forbidden(say('from_other_site'));
}
