import pg from 'pg';

/** What the elected one has. */
export interface Tenure {
  /** Runs SQL over the session that holds the lock: who is elected no more cannot write. */
  query: <T extends pg.QueryResultRow>(sql: string, values?: unknown[]) => Promise<T[]>;
  /** Aborted when the lock is lost, or when whoever waits for the work has had enough. */
  signal: AbortSignal;
}

export interface Election {
  /** Must lead to PostgreSQL itself or to a pooler that keeps sessions. */
  databaseUrl: string;
  /** One is elected per name. */
  name: string;
  applicationName: string;
  signal: AbortSignal;
  /** How long PostgreSQL waits for a sign of life before it takes the lock away; also the limit of a statement. */
  leaseMs?: number;
}

const SIGNS_PER_LEASE = 6;

/**
 * Does `work` while no other process does so under this name; answers false at once, and does nothing, when another one does.
 * A session advisory lock of PostgreSQL decides. It is lost with the session: when this process dies, when the connection
 * breaks, and by `idle_session_timeout` (PostgreSQL 14 and later) when this process, its computer or the way there stands still.
 * Rejects when the session is lost or `work` rejects.
 */
export async function whileElected(
  { databaseUrl, name, applicationName, signal, leaseMs = 30_000 }: Election,
  work: (tenure: Tenure) => Promise<void>,
): Promise<boolean> {
  const session = new pg.Client({
    connectionString: databaseUrl,
    application_name: applicationName,
    keepAlive: true,
    connectionTimeoutMillis: leaseMs,
    query_timeout: leaseMs,
  });
  const lost = new AbortController();
  const lose = (err = new Error('PostgreSQL has ended the session')) => lost.abort(err);
  session.on('error', lose).on('end', () => lose());
  let last: Promise<unknown> = Promise.resolve();
  const query: Tenure['query'] = async <T extends pg.QueryResultRow>(sql: string, values: unknown[] = []) => {
    const answer = last.then(async () => {
      lost.signal.throwIfAborted();
      return (await session.query<T>(sql, values)).rows;
    });
    last = answer.catch(() => undefined);
    return answer;
  };
  let signs: NodeJS.Timeout | undefined;
  try {
    await session.connect();
    await query(
      `select set_config('idle_session_timeout', $1, false), set_config('statement_timeout', $1, false)`,
      [String(leaseMs)],
    );
    const [row] = await query<{ elected: boolean }>('select pg_try_advisory_lock(hashtext($1)) as elected', [
      name,
    ]);
    if (!row?.elected) return false;
    signs = setInterval(() => void query('select 1').catch(lose), leaseMs / SIGNS_PER_LEASE);
    await work({ query, signal: AbortSignal.any([signal, lost.signal]) });
    if (!signal.aborted) lost.signal.throwIfAborted();
    return true;
  } finally {
    clearInterval(signs);
    await session.end().catch(() => undefined);
  }
}
