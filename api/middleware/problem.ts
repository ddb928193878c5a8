import type { Context, Middleware } from 'koa';
import { ZodError } from 'zod';
import type { Issue, Problem } from '../../contract/problem.ts';
import { sayIssue } from '../../contract/say-issue.ts';
import { inEnglish, say } from '../../contract/sayings.ts';
import {
  InvalidInput,
  issueOf,
  MethodNotAllowed,
  NotFound,
  PayloadTooLarge,
  Refusal,
  Unavailable,
} from '../errors.ts';
import { logOf, requestIdOf } from './request-id.ts';

const UNIQUE_VIOLATION = '23505';

/** Turns what was thrown, and answers nobody gave, into `application/problem+json`. */
export function problem(): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.body === undefined || ctx.body === null) refuseUnanswered(ctx);
    } catch (err) {
      answer(ctx, toRefusal(ctx, err));
    }
  };
}

/** The router leaves only a status behind when no route took the request. */
function refuseUnanswered(ctx: Context): void {
  if (ctx.status === 404) throw new NotFound();
  if (ctx.status === 405 || ctx.status === 501) throw new MethodNotAllowed();
}

function toRefusal(ctx: Context, err: unknown): Refusal {
  if (err instanceof Refusal) return err;
  if (err instanceof ZodError) return new InvalidInput(err.issues.values().flatMap(toIssues));
  if (isDatabaseAway(err)) {
    logOf(ctx).warn({ err }, 'database away');
    return new Unavailable();
  }
  const code = codeOf(err);
  // A text PostgreSQL cannot hold (a NUL byte), a time that is none: what no schema of ours caught.
  if (/^22...$/.test(code)) {
    logOf(ctx).warn({ err }, 'the database refused a value');
    return new InvalidInput([]);
  }
  if (code === UNIQUE_VIOLATION) {
    logOf(ctx).warn({ err }, 'the database refused a duplicate');
    return new Refusal(409, 'conflict', say('taken_meanwhile'));
  }
  if (err instanceof Error && 'status' in err) {
    if (err.status === 413) return new PayloadTooLarge();
    if (err.status === 400) return new Refusal(400, 'invalid_input', say('request_unreadable'));
    if (err.status === 404) return new NotFound();
  }
  logOf(ctx).error({ err }, 'request failed');
  return new Refusal(500, 'internal_error', say('broken_on_our_side'), {
    detail: say('it_is_logged'),
  });
}

/** Made one by one: there may be many more than are named. */
function toIssues(issue: ZodError['issues'][number]): Iterable<Issue> {
  const field = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return [{ field, message: issue.message, said: sayIssue(issue) }];
  return issue.keys.values().map((key) => issueOf([...issue.path, key].join('.'), say('unknown_field')));
}

/** Connection failures by errno, SQLSTATE class 08 and 57P (shutting down, starting), or an exhausted pool. */
function isDatabaseAway(err: unknown): boolean {
  if (!(err instanceof Error)) return false;
  if (err.name === 'KnexTimeoutError' || err.message.startsWith('Connection terminated')) return true;
  if (err instanceof AggregateError) return err.errors.some(isDatabaseAway);
  return /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EPIPE|EHOSTUNREACH|08...|57P0[123]|53300)$/.test(
    codeOf(err),
  );
}

/** An errno or SQLSTATE, also of an error objection has wrapped. */
function codeOf(err: unknown): string {
  if (!(err instanceof Error)) return '';
  if ('code' in err && typeof err.code === 'string') return err.code;
  return 'nativeError' in err ? codeOf(err.nativeError) : '';
}

function answer(ctx: Context, refusal: Refusal): void {
  const { status, code, title, options } = refusal;
  const { detail, issues, operation, findings, headers = {} } = options;
  const body: Problem = {
    type: `urn:berth:problem:${code}`,
    title: inEnglish(title),
    titleSaid: title,
    status,
    code,
    ...(detail ? { detail: inEnglish(detail) } : {}),
    ...(typeof detail === 'object' ? { detailSaid: detail } : {}),
    requestId: requestIdOf(ctx),
    ...(issues ? { issues } : {}),
    ...(operation ? { operation: { id: operation.id, type: operation.type, status: operation.status } } : {}),
    ...(findings ? { findings } : {}),
  };
  ctx.status = status;
  ctx.set(headers);
  ctx.body = JSON.stringify(body);
  ctx.type = 'application/problem+json';
}
