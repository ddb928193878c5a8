import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';
import { registry } from '../metrics.ts';
import { checkReadiness } from '../readiness.ts';

const Part = z.enum(['ok', 'unreachable']);
const Readiness = z
  .object({
    status: z.enum(['ready', 'degraded', 'unavailable']),
    checks: z.object({ postgres: Part, temporal: Part }),
  })
  .meta({ id: 'Readiness' });

/** For balancers and monitoring; no log-in. */
export function healthRoutes(deps: Pick<Deps, 'database' | 'temporal'>): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/healthz',
      tag: 'Health',
      summary: 'Whether this process lives',
      auth: 'none',
      answers: { 200: { description: 'It does', schema: z.object({ status: z.literal('ok') }) } },
      handle(ctx) {
        ctx.body = { status: 'ok' };
      },
    }),
    endpoint({
      method: 'get',
      path: '/readyz',
      tag: 'Health',
      summary: 'Whether this process can serve, and what it misses',
      auth: 'none',
      answers: {
        200: { description: 'It can; `degraded` means that work waits for Temporal', schema: Readiness },
        503: { description: 'It cannot', schema: Readiness },
      },
      async handle(ctx) {
        const readiness = await checkReadiness(deps);
        ctx.status = readiness.status === 'unavailable' ? 503 : 200;
        ctx.body = readiness;
      },
    }),
    endpoint({
      method: 'get',
      path: '/metrics',
      tag: 'Health',
      summary: 'Measurements for Prometheus',
      auth: 'none',
      answers: { 200: { description: 'Text format', contentType: 'text/plain', schema: z.string() } },
      async handle(ctx) {
        ctx.type = registry.contentType;
        ctx.body = await registry.metrics();
      },
    }),
  ];
}
