import type { Context } from 'koa';
import { z } from 'zod';
import { InvalidInput, NotFound } from './errors.ts';
import { findUnkeepable } from './keepable-text.ts';
import type { ProblemCode } from '../contract/problem.ts';
import type { Permission } from '../contract/roles.ts';
import { wordIssue } from '../contract/say-issue.ts';

/** The parameters of paths that name one thing. */
export const ById = z.object({ id: z.uuid() });

interface Answer {
  description: string;
  schema?: z.ZodType;
  contentType?: string;
  headers?: Record<string, string>;
}

/** What a route says about itself: enough to serve it and to describe it in /openapi.json. */
interface Description {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As @koa/router writes it: `/servers/:id`. */
  path: string;
  tag: string;
  summary: string;
  /**
   * Who may call it: users in a session or with an API token, users in a session of their own only (what guards the
   * account itself), administrators, administrators in a session (what opens the accounts of others), or anybody.
   */
  auth: 'bearer' | 'session' | 'admin' | 'admin-session' | 'none';
  /** What it needs of the caller's role or token; looking needs `view`, everything else `manage` unless this says less. */
  permission?: Permission;
  /** Takes an Idempotency-Key. */
  idempotent?: boolean;
  answers: Record<number, Answer>;
  /** The problem codes it may answer with, besides those every route shares. */
  problems?: ProblemCode[];
}

export interface Endpoint extends Description {
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodObject;
  handle: (ctx: Context) => Promise<void>;
}

export const permissionFor = ({
  method,
  permission,
}: Pick<Description, 'method' | 'permission'>): Permission =>
  permission ?? (method === 'get' ? 'view' : 'manage');

interface Input<P, Q, B> {
  params: z.output<P>;
  query: z.output<Q>;
  body: z.output<B>;
}

interface Declaration<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  B extends z.ZodObject,
> extends Description {
  params?: P;
  query?: Q;
  body?: B;
  handle: (ctx: Context, input: Input<P, Q, B>) => Promise<void> | void;
}

const IN_OUR_WORDS = { error: wordIssue };

/**
 * Declares a route once: the schemas that parse its requests are those that describe it. A path parameter that does
 * not parse is a 404 (there is no such thing), anything else a ZodError.
 */
export function endpoint<
  P extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Q extends z.ZodObject = z.ZodObject<Record<never, never>>,
  B extends z.ZodObject = z.ZodObject<Record<never, never>>,
>(declaration: Declaration<P, Q, B>): Endpoint {
  const { params, query, body, handle } = declaration;
  return {
    ...declaration,
    async handle(ctx) {
      const given = params?.safeParse(ctx['params']);
      if (given && !given.success) throw new NotFound();
      // The casts say: what is not declared is empty.
      const input = {
        params: (given?.data ?? {}) as z.output<P>,
        query: (query?.parse({ ...ctx.query }, IN_OUR_WORDS) ?? {}) as z.output<Q>,
        body: (body?.parse(ctx.request.body ?? {}, IN_OUR_WORDS) ?? {}) as z.output<B>,
      };
      const unkeepable = [input.query, input.body].flatMap((part) => findUnkeepable(part));
      if (unkeepable.length > 0) throw new InvalidInput(unkeepable);
      await handle(ctx, input);
    },
  };
}
