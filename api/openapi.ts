import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { z } from 'zod';
import { Problem } from '../contract/problem.ts';
import { permissionFor, type Endpoint } from './endpoint.ts';
import { VISIBLE_ASCII } from './idempotency.ts';

const IdempotencyKey = z.string().regex(VISIBLE_ASCII).optional().meta({
  description: 'The same key with the same request gets the same answer, and the change is made once',
});

/** Describes the declared endpoints as an OpenAPI 3.1 document. */
export function openApiDocument(endpoints: Endpoint[], publicUrl: string | undefined): object {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const declared of endpoints) {
    const path = declared.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [declared.method]: describe(declared) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Berth',
      version: '0.1.0',
      description:
        'Virtual servers on Proxmox VE. Every change is an operation: it is accepted with 202 and followed. ' +
        'x-berth-auth says who may call a route: anybody (none), somebody who is logged in or brings an API token ' +
        '(bearer), somebody who is logged in (session), administrators (admin), administrators who are logged in ' +
        '(admin-session). x-berth-permission says what their ' +
        'role in the account, or their token, has to allow.',
    },
    servers: [{ url: publicUrl ?? '/' }],
    security: [],
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT or berth_…' } },
    },
    paths: paths as ZodOpenApiPathsObject, // keyed by method, which the index type cannot say
  });
}

function describe(declared: Endpoint) {
  const { tag, summary, auth, idempotent, params, query, body, answers, problems = [] } = declared;
  const operation: ZodOpenApiOperationObject = {
    tags: [tag],
    summary,
    'x-berth-auth': auth,
    ...(auth === 'none' ? {} : { security: [{ bearer: [] }], 'x-berth-permission': permissionFor(declared) }),
    requestParams: {
      ...(params ? { path: params } : {}),
      ...(query ? { query } : {}),
      ...(idempotent ? { header: z.object({ 'Idempotency-Key': IdempotencyKey }) } : {}),
    },
    ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: body } } } } : {}),
    responses: {},
  };
  for (const [
    status,
    { description, schema, contentType = 'application/json', headers = {} },
  ] of Object.entries(answers)) {
    operation.responses[status as '200'] = {
      description,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, text]) => [
          name,
          { description: text, schema: { type: 'string' as const } },
        ]),
      ),
      ...(schema ? { content: { [contentType]: { schema } } } : {}),
    };
  }
  const codes = new Set([
    ...(auth === 'none' ? [] : (['unauthenticated', 'session_expired'] as const)),
    ...(auth === 'none' ? [] : (['forbidden'] as const)),
    ...problems,
  ]);
  operation.responses.default = {
    description: codes.size > 0 ? `A problem; code is one of ${[...codes].join(', ')}` : 'A problem',
    content: { 'application/problem+json': { schema: Problem } },
  };
  return operation;
}
