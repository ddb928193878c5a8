import type { Middleware } from 'koa';
import { Forbidden } from '../errors.ts';
import { currentUser } from './authenticate.ts';

/** Lets only administrators pass; stands behind `authenticate`. */
export function requireAdmin(): Middleware {
  return async (ctx, next) => {
    if (currentUser(ctx).role !== 'admin') throw new Forbidden('Only administrators may do this.');
    await next();
  };
}
