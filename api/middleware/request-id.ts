import { randomUUID } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import type { Log } from '../../log.ts';

const ACCEPTABLE = /^[\w.:-]{1,128}$/;

/** Takes the caller's X-Request-Id when it is a plain word, else makes one; answers it and puts it on each log line. */
export function requestId(log: Log): Middleware {
  return async (ctx, next) => {
    const given = ctx.get('X-Request-Id');
    const id = ACCEPTABLE.test(given) ? given : randomUUID();
    ctx.state['requestId'] = id;
    ctx.state['log'] = log.child({ reqId: id });
    ctx.set('X-Request-Id', id);
    await next();
  };
}

export function requestIdOf(ctx: Context): string {
  return String(ctx.state['requestId']);
}

/** The logger whose lines carry this request's id. */
export function logOf(ctx: Context): Log {
  return ctx.state['log'] as Log; // set by requestId(), the first middleware
}
