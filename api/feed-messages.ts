import type { ServerEventName } from '../contract/events.ts';
import type { Database } from '../db/connect.ts';
import { readOperations } from './operation-rows.ts';
import { isWithin, type Reach } from './reach.ts';
import { readServers } from './server-rows.ts';
import { toOperationView } from './views/operation.ts';
import { toServerView } from './views/server.ts';

/** A row of `events`: what changed, not how. */
export interface Change {
  id: number;
  serverId: string;
  operationId: string | null;
}

/** A server or an operation as it is now; `text` is all of its message but the id. */
interface State {
  accountId: string;
  serverId: string;
  text: string;
}

/** States by the ids of their servers and operations. */
export type States = ReadonlyMap<string, State>;

/** A message of the feed; `id` is null where a client must not resume from it, because its twin follows. */
export interface FeedMessage extends State {
  id: number | null;
}

/** An event in the form of server-sent events, without an id. */
export function eventText(event: ServerEventName, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Loads the present state of everything that changed; whose it is is for the caller to check. */
export async function readStates(database: Database, changes: Change[]): Promise<States> {
  const serverIds = new Set(changes.map(({ serverId }) => serverId));
  const operationIds = new Set(changes.flatMap(({ operationId }) => operationId ?? []));
  const [servers, operations] = await Promise.all([
    readServers(database, [...serverIds]),
    readOperations(database, [...operationIds]),
  ]);
  const states = new Map<string, State>();
  for (const row of operations) {
    const { id, accountId, serverId } = row;
    states.set(id, { accountId, serverId, text: eventText('operation', toOperationView(row)) });
  }
  for (const row of servers) {
    const { id, accountId, isDeleted } = row;
    const text = isDeleted ? eventText('server-deleted', { id }) : eventText('server', toServerView(row));
    states.set(id, { accountId, serverId: id, text });
  }
  return states;
}

/** Each thing that changed once, under the id of its latest change and in their order. */
export function toMessages(changes: Change[], states: States): FeedMessage[] {
  const changeIds = new Map<string, number>();
  for (const { id, serverId, operationId } of changes) {
    for (const thing of operationId ? [operationId, serverId] : [serverId]) {
      changeIds.delete(thing); // to the end
      changeIds.set(thing, id);
    }
  }
  const found = [...changeIds].flatMap(([thing, id]) => {
    const state = states.get(thing);
    return state ? { ...state, id } : [];
  });
  return found.map((message, index) => ({
    ...message,
    id: found[index + 1]?.id === message.id ? null : message.id,
  }));
}

/**
 * The bytes of those messages that somebody may see, null when there are none. Those whose reach is the same share what
 * is made once.
 */
export function bytesByReach(messages: FeedMessage[]): (reach: Reach) => Buffer | null {
  const made = new Map<string, Buffer | null>();
  return (reach) => {
    const key = JSON.stringify(reach);
    let bytes = made.get(key);
    if (bytes === undefined) {
      const visible = messages.filter((message) => isWithin(reach, message));
      bytes = visible.length === 0 ? null : Buffer.from(visible.map(toText).join(''));
      made.set(key, bytes);
    }
    return bytes;
  };
}

const toText = ({ id, text }: FeedMessage): string => (id === null ? text : `id: ${id}\n${text}`);
