import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { z } from 'zod';
import { Problem } from '../contract/problem.ts';
import type { Endpoint } from './endpoint.ts';

const IdempotencyKey = z.string().min(1).max(255).optional().meta({
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
        'Virtual servers on Proxmox VE. Every change is an operation: it is accepted with 202 and followed.',
    },
    servers: [{ url: publicUrl ?? '/' }],
    security: [],
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    paths: paths as ZodOpenApiPathsObject, // keyed by method, which the index type cannot say
  });
}

function describe({ tag, summary, auth, idempotent, params, query, body, answers, problems = [] }: Endpoint) {
  const operation: ZodOpenApiOperationObject = {
    tags: [tag],
    summary,
    ...(auth === 'none' ? {} : { security: [{ bearer: [] }] }),
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
  const codes = [
    ...(auth === 'none' ? [] : (['unauthenticated', 'session_expired'] as const)),
    ...(auth === 'admin' ? (['forbidden'] as const) : []),
    ...problems,
  ];
  operation.responses.default = {
    description: codes.length > 0 ? `A problem; code is one of ${codes.join(', ')}` : 'A problem',
    content: { 'application/problem+json': { schema: Problem } },
  };
  return operation;
}
