import type { Database } from '../db/connect.ts';
import { queryRows } from '../db/query-rows.ts';
import { LATE_COMMIT_MS } from './event-hub.ts';
import { bytesByReach, eventText, readStates, toMessages, type Change } from './feed-messages.ts';
import { isWithin, type Reach } from './reach.ts';
import { readTogether } from './read-together.ts';

/** Of changes within reach, and of all there are: past that a client reads everything again sooner than it is told. */
const MOST_REPLAYED = 1_000;
const MOST_LOOKED_AT = 10_000;

interface Asked {
  reach: Reach;
  /** As the client sent it; empty when it begins anew. */
  lastEventId: string;
}

interface Missed {
  /** The newest event there was before anything was read: where the stream goes on. */
  latestId: number;
  /** What to send first. */
  bytes: Buffer | null;
}

/** Tells streams what they have missed; those that come at about the same time share the reading. */
export function createMissedEvents(database: Database): (asked: Asked) => Promise<Missed> {
  return readTogether((all) => answerAll(database, all));
}

/** What changed after an event, as far as somebody's reach goes. */
interface Wish {
  reach: Reach;
  lastId: number;
}

async function answerAll(database: Database, all: Asked[]): Promise<Missed[]> {
  const [span] = await queryRows<{ oldest: string; latest: string }>(
    database,
    'select coalesce(min(id), 0) as oldest, coalesce(max(id), 0) as latest from events',
  );
  const [oldestId, latestId] = [Number(span?.oldest), Number(span?.latest)];
  // An event that was pruned or never given out says nothing about what followed it.
  const isKnown = (id: number) => id === 0 || (oldestId <= id + 1 && id <= latestId);
  const isRecent = (id: number) => latestId - id <= MOST_LOOKED_AT;
  const wishOf = ({ reach, lastEventId }: Asked): Wish | null => {
    const lastId = /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : null;
    return lastId !== null && isKnown(lastId) && isRecent(lastId) ? { reach, lastId } : null;
  };
  const wishes = new Map<string, Wish>();
  const asked = all.map(({ reach, lastEventId }) => {
    const wish = wishOf({ reach, lastEventId });
    const key = JSON.stringify(wish);
    if (wish) wishes.set(key, wish);
    return { isNew: lastEventId === '', key };
  });
  const found = await fulfil(database, [...wishes.values()]);
  const bytes = new Map([...wishes.keys()].map((key, index) => [key, found[index]]));
  const reset = Buffer.from(`id: ${latestId}\n${eventText('reset', {})}`);
  return asked.map(({ isNew, key }) => {
    const missed = bytes.get(key);
    return { latestId, bytes: isNew ? null : missed === undefined ? reset : missed };
  });
}

/** What each asks for as bytes, null when that is nothing, undefined when it is too much. */
async function fulfil(database: Database, wishes: Wish[]): Promise<(Buffer | null | undefined)[]> {
  if (wishes.length === 0) return [];
  const all = await readChangesSince(database, Math.min(...wishes.map(({ lastId }) => lastId)));
  const wanted = wishes.map((wish) => {
    const changes = changesFor(wish, all);
    return changes.length > MOST_REPLAYED ? null : changes;
  });
  const states = await readStates(
    database,
    wanted.flatMap((changes) => changes ?? []),
  );
  return wishes.map(({ reach }, index) => {
    const changes = wanted[index];
    // Within reach by what it belongs to now, too.
    return changes ? bytesByReach(toMessages(changes, states))(reach) : undefined;
  });
}

interface DatedChange extends Change {
  accountId: string;
  at: Date;
}

/** All changes from event `id` on, and those before it that may have been committed after any of them. By id. */
async function readChangesSince(database: Database, id: number): Promise<DatedChange[]> {
  // Apart and with plain values, so that PostgreSQL takes the index of either column instead of reading everything.
  const read = async (condition: string, values: (number | Date)[]) => {
    const rows = await queryRows<DatedChange>(
      database,
      `select id, account_id as "accountId", server_id as "serverId", operation_id as "operationId", at
       from events where ${condition} order by id`,
      values,
    );
    return rows.map((row) => ({ ...row, id: Number(row.id) }));
  };
  const later = await read('id >= ?', [id]);
  if (later.length === 0) return [];
  const firstAt = Math.min(...later.map(({ at }) => at.getTime()));
  return [...(await read('at > ? and id < ?', [new Date(firstAt - LATE_COMMIT_MS), id])), ...later];
}

/** Those of `all` that somebody may see and may not have been told yet. */
function changesFor({ reach, lastId }: Wish, all: DatedChange[]): Change[] {
  const lastAt = all.findLast(({ id }) => id <= lastId)?.at.getTime() ?? Infinity;
  return all.filter(
    (change) =>
      (change.id > lastId || change.at.getTime() > lastAt - LATE_COMMIT_MS) && isWithin(reach, change),
  );
}
