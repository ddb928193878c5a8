import pg from 'pg';
import type { Database } from '../db/connect.ts';
import { queryRows } from '../db/query-rows.ts';
import type { Log } from '../log.ts';
import { bytesByReach, readStates, toMessages, type Change } from './feed-messages.ts';
import type { Reach } from './reach.ts';

export interface Subscriber {
  /** What it may see at this moment. */
  reach: () => Reach;
  /** Server-sent events. The bytes are those of others too: not to be changed. */
  receive: (bytes: Buffer) => void;
  /** The feed is over: this process stops. */
  end: () => void;
}

/** Ids are given out before they are committed, so one lower than the last one seen may still turn up this much later. */
export const LATE_COMMIT_MS = 15_000;
/**
 * Follows the table `events` over one connection of its own and hands each change, as the present state of what
 * changed, to every subscriber who may see it. Reconnects by itself and catches up.
 */
export class EventHub {
  readonly #database: Database;
  readonly #log: Log;
  readonly #url: string;
  readonly #checkEveryMs: number;
  readonly #subscribers = new Set<Subscriber>();
  #client: pg.Client | undefined;
  #announced = new Set<number>();
  #lastSeen: number | null = null;
  #working: Promise<void> = Promise.resolve();
  #isQueued = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor({
    database,
    url,
    log,
    checkEveryMs = 15_000,
  }: {
    database: Database;
    url: string;
    log: Log;
    checkEveryMs?: number;
  }) {
    this.#database = database;
    this.#url = url;
    this.#log = log;
    this.#checkEveryMs = checkEveryMs;
  }

  /** Connects in the background; the promise only tells when the first attempt is over. */
  async start(): Promise<void> {
    await this.#connect(0);
  }

  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const { end } of this.#subscribers) end();
    this.#subscribers.clear();
    await this.#client?.end().catch(() => undefined); // it may be gone already
    await this.#working;
  }

  async #connect(attempt: number): Promise<void> {
    if (this.#isClosed) return;
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'berth events',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      query_timeout: 10_000,
    });
    this.#client = client;
    const lost = (err?: Error) => {
      if (this.#client !== client) return;
      this.#client = undefined;
      clearTimeout(this.#timer);
      if (this.#isClosed) return;
      const delayMs = Math.min(10_000, 200 * 2 ** attempt);
      this.#log.warn({ err, delayMs }, 'event feed lost its database connection');
      client.end().catch(() => undefined);
      this.#timer = setTimeout(() => void this.#connect(attempt + 1), delayMs);
    };
    client.on('error', lost);
    client.on('end', () => lost());
    client.on('notification', ({ payload }) => this.#announce(Number(payload)));
    try {
      await client.connect();
      await client.query('listen berth_events');
      await this.#catchUp(client, { overlapping: true });
      attempt = 0;
      this.#check(client, lost);
    } catch (err) {
      lost(err as Error);
    }
  }

  /** A connection can die without a word, and a notification with it: ask now and then. */
  #check(client: pg.Client, lost: (err: Error) => void): void {
    if (this.#isClosed || this.#client !== client) return;
    this.#timer = setTimeout(() => {
      this.#catchUp(client, { overlapping: false }).then(() => this.#check(client, lost), lost);
    }, this.#checkEveryMs);
  }

  /** `overlapping` looks back a little, for what was committed late and announced to nobody. */
  async #catchUp(client: pg.Client, { overlapping }: { overlapping: boolean }): Promise<void> {
    if (this.#lastSeen === null) {
      const { rows } = await client.query<{ id: string }>('select coalesce(max(id), 0) as id from events');
      this.#lastSeen = Number(rows[0]?.id ?? 0);
      return;
    }
    const late = overlapping
      ? `or at > (select at from events where id <= $1 order by id desc limit 1) - interval '${LATE_COMMIT_MS} milliseconds'`
      : '';
    const sql = `select id from events where id > $1 ${late} order by id limit 10000`;
    const { rows } = await client.query<{ id: string }>(sql, [this.#lastSeen]);
    for (const { id } of rows) this.#announce(Number(id));
  }

  #announce(id: number): void {
    this.#announced.add(id);
    this.#lastSeen = Math.max(this.#lastSeen ?? 0, id);
    if (this.#isQueued) return;
    this.#isQueued = true;
    // What is announced while a batch is being read goes into the next one.
    this.#working = this.#working.then(async () => {
      this.#isQueued = false;
      const ids = [...this.#announced];
      this.#announced = new Set();
      await this.#publish(ids);
    });
  }

  async #publish(ids: number[]): Promise<void> {
    if (this.#subscribers.size === 0 || this.#isClosed) return;
    try {
      const changes = await readChanges(this.#database, ids);
      const bytesFor = bytesByReach(toMessages(changes, await readStates(this.#database, changes)));
      for (const { reach, receive } of this.#subscribers) {
        const bytes = bytesFor(reach());
        if (bytes) receive(bytes);
      }
    } catch (err) {
      this.#log.warn({ err }, 'events could not be read: trying again');
      if (this.#isClosed) return;
      setTimeout(() => {
        for (const id of ids) this.#announce(id);
      }, 1_000).unref();
    }
  }
}

async function readChanges(database: Database, ids: number[]): Promise<Change[]> {
  const rows = await queryRows<Change>(
    database,
    `select id, server_id as "serverId", operation_id as "operationId" from events
     where id = any(?::int8[]) order by id`,
    [ids],
  );
  return rows.map((row) => ({ ...row, id: Number(row.id) }));
}
