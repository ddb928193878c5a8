import { isIP } from 'node:net';
import type { Context } from 'koa';

/** The caller's address; the connection's own where a proxy's header holds something else. */
export function clientIp(ctx: Context): string {
  return isIP(ctx.ip) ? ctx.ip : (ctx.req.socket.remoteAddress ?? '0.0.0.0');
}
