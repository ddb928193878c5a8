import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Router } from '@koa/router';
import { send } from '@koa/send';
import type { Endpoint } from '../endpoint.ts';
import { openApiDocument } from '../openapi.ts';

const SWAGGER_UI_DIR = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const SWAGGER_UI_FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Berth API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
    <link rel="icon" href="/docs/favicon-32x32.png" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true });
`;

/** The API's own description: /openapi.json, and a page to read it whose every file comes from here. */
export function docsRoutes(router: Router, endpoints: Endpoint[], publicUrl: string | undefined): void {
  const document = JSON.stringify(openApiDocument(endpoints, publicUrl));
  router.get('/openapi.json', (ctx) => {
    ctx.type = 'application/json';
    ctx.body = document;
  });
  router.get('/docs', (ctx) => {
    ctx.type = 'text/html';
    ctx.body = PAGE;
  });
  router.get('/docs/start.js', (ctx) => {
    ctx.type = 'text/javascript';
    ctx.body = START;
  });
  for (const file of SWAGGER_UI_FILES) {
    router.get(`/docs/${file}`, async (ctx) => {
      await send(ctx, file, { root: SWAGGER_UI_DIR, maxAge: 3_600_000 });
    });
  }
}
