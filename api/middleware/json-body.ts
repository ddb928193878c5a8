import { bodyParser } from '@koa/bodyparser';
import type { Middleware } from 'koa';
import { InvalidJson, PayloadTooLarge, UnsupportedMediaType } from '../errors.ts';

/** Reads a JSON body of up to 1 MB; no body at all is read as `{}`. */
export function jsonBody(): Middleware {
  const parse = bodyParser({
    enableTypes: ['json'],
    jsonLimit: '1mb',
    parsedMethods: ['POST', 'PATCH', 'DELETE'],
    onError: (err) => {
      throw 'status' in err && err.status === 413 ? new PayloadTooLarge() : new InvalidJson();
    },
  });
  return async (ctx, next) => {
    const hasBody = ctx.request.length !== 0 && ctx.request.is() !== null;
    if (hasBody && !ctx.request.is('application/json', '+json')) throw new UnsupportedMediaType();
    await parse(ctx, next);
  };
}
