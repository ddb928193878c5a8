import { bodyParser } from '@koa/bodyparser';
import type { Middleware } from 'koa';
import { say } from '../../contract/sayings.ts';
import { InvalidJson, PayloadTooLarge, UnsupportedMediaType } from '../errors.ts';

/** Reads a JSON body of up to 1 MB; no body at all is read as `{}`. */
export function jsonBody(): Middleware {
  const parse = bodyParser({
    enableTypes: ['json'],
    jsonLimit: '1mb',
    parsedMethods: ['POST', 'PATCH', 'DELETE'],
    onError: (err) => {
      const status = 'status' in err ? err.status : undefined;
      if (status === 413) throw new PayloadTooLarge();
      throw status === 415 ? new UnsupportedMediaType(say('send_as_utf8')) : new InvalidJson();
    },
  });
  return async (ctx, next) => {
    const hasBody = ctx.request.length !== 0 && ctx.request.is() !== null;
    if (hasBody && !ctx.request.is('application/json', '+json')) throw new UnsupportedMediaType();
    // It is read as UTF-8 whatever it says of itself.
    if (!/^(utf-?8)?$/i.test(ctx.request.charset)) throw new UnsupportedMediaType(say('send_as_utf8'));
    await parse(ctx, next);
  };
}
