import Koa from 'koa';
import pg from 'pg';
import { z } from 'zod';
import { toPage } from '../api/page.ts';
import type { ServerRow } from '../api/server-rows.ts';
import { toServerView } from '../api/views/server.ts';

/** The least that answers the same page: Koa, pg, the same SQL and the same JSON; no login, no router, no log. */
const config = z
  .object({
    DATABASE_URL: z.url(),
    PORT: z.coerce.number(),
    POOL: z.coerce.number(),
    SQL: z.string(),
    BINDINGS: z.string(),
  })
  .parse(process.env);
const { bindings, limit, sort } = z
  .object({ bindings: z.array(z.unknown()), limit: z.number(), sort: z.string() })
  .parse(JSON.parse(config.BINDINGS));

const pool = new pg.Pool({ connectionString: config.DATABASE_URL, max: config.POOL });
const app = new Koa();
app.use(async (ctx) => {
  const { rows } = await pool.query<ServerRow>(config.SQL, bindings);
  ctx.body = toPage(rows, { limit, sort, toView: toServerView });
});
app.listen(config.PORT, '127.0.0.1');
