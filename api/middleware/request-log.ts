import type { Middleware } from 'koa';
import { clientIp } from '../client-ip.ts';
import { httpDuration } from '../metrics.ts';
import { callerOf } from './authenticate.ts';
import { logOf } from './request-id.ts';

/** One line and one measurement for each request; the query string stays out of the log, it may name people. */
export function requestLog(): Middleware {
  return async (ctx, next) => {
    const startedAt = performance.now();
    await next();
    const ms = Math.round((performance.now() - startedAt) * 10) / 10;
    const route = String(ctx.state['route'] ?? 'none');
    httpDuration.observe({ method: ctx.method, route, status: ctx.status }, ms / 1000);
    const line = {
      method: ctx.method,
      path: ctx.path,
      status: ctx.status,
      ms,
      ip: clientIp(ctx),
      userId: callerOf(ctx)?.id,
    };
    if (isProbe(ctx.path)) logOf(ctx).debug(line, 'request');
    else logOf(ctx).info(line, 'request');
  };
}

const isProbe = (path: string): boolean => path === '/healthz' || path === '/readyz' || path === '/metrics';
