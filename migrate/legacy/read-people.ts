import { selectRows, type Source } from './connect-source.ts';
import { LegacyClient, LegacyMembership, LegacyUser } from './rows.ts';

export interface ClientBundle {
  client: LegacyClient;
  /** Memberships of users who are there. */
  memberships: LegacyMembership[];
}

export interface UserBundle {
  user: LegacyUser;
  /** Each with the state of its client: one that is not migrated gives no access. */
  memberships: {
    clientId: number;
    owner: boolean;
    permissions: string;
    clientStatus: string;
    clientOwners: number;
  }[];
}

interface Page {
  after: number;
  limit: number;
  /** The last id that may be read; everything when left out. */
  upTo?: number;
}

const between = ({ after, limit, upTo = Number.MAX_SAFE_INTEGER }: Page) => ({
  where: 'id > ? AND id <= ?',
  order: 'id',
  limit,
  values: [after, upTo],
});

/** The next clients after an id, in order of ids, with their memberships. */
export async function readClientPage(source: Source, page: Page): Promise<ClientBundle[]> {
  const clients = await selectRows(source, LegacyClient, { from: 'tblclients', ...between(page) });
  if (clients.length === 0) return [];
  const { least, most } = boundsOf(clients.map(({ id }) => id));
  const found = await selectRows(source, LegacyMembership, {
    from: 'tblusers_clients',
    where: 'client_id BETWEEN ? AND ?',
    order: 'id',
    values: [least, most],
  });
  const users = await findUsers(source, [...new Set(found.map(({ auth_user_id }) => auth_user_id))]);
  const memberships = found.filter(({ auth_user_id }) => users.has(auth_user_id));
  const grouped = Map.groupBy(memberships, ({ client_id }) => client_id);
  return clients.map((client) => ({ client, memberships: grouped.get(client.id) ?? [] }));
}

async function findUsers(source: Source, ids: number[]): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const rows = await source.select('SELECT id FROM tblusers WHERE id IN (?)', [ids]);
  return new Set(rows.map((row) => Number(row['id'])));
}

/** The next users after an id, in order of ids, with the accounts they may enter. */
export async function readUserPage(source: Source, page: Page): Promise<UserBundle[]> {
  const users = await selectRows(source, LegacyUser, { from: 'tblusers', ...between(page) });
  if (users.length === 0) return [];
  const rows = await source.select(
    `SELECT m.auth_user_id, m.client_id, m.owner, m.permissions, c.status
     FROM tblusers_clients m JOIN tblclients c ON c.id = m.client_id
     WHERE m.auth_user_id IN (?) ORDER BY m.id`,
    [users.map(({ id }) => id)],
  );
  const ownersOf = await countOwners(source);
  const grouped = Map.groupBy(rows, (row) => Number(row['auth_user_id']));
  return users.map((user) => ({
    user,
    memberships: (grouped.get(user.id) ?? []).map((row) => ({
      clientId: Number(row['client_id']),
      owner: Number(row['owner']) === 1,
      permissions: typeof row['permissions'] === 'string' ? row['permissions'] : '',
      clientStatus: String(row['status']),
      clientOwners: ownersOf.get(Number(row['client_id'])) ?? 0,
    })),
  }));
}

const owners = new WeakMap<Source, Promise<Map<number, number>>>();

/**
 * How many users own each client; none where a client is missing. The table has no index by client, so that it is gone
 * through once per connection to a source, not once per page.
 */
export function countOwners(source: Source): Promise<Map<number, number>> {
  const known = owners.get(source);
  if (known) return known;
  const fresh = readOwners(source);
  owners.set(source, fresh);
  fresh.catch(() => owners.delete(source));
  return fresh;
}

async function readOwners(source: Source): Promise<Map<number, number>> {
  const rows = await source.select(
    `SELECT o.client_id, COUNT(*) AS owners FROM tblusers_clients o JOIN tblusers u ON u.id = o.auth_user_id
     WHERE o.owner = 1 GROUP BY o.client_id`,
  );
  return new Map(rows.map((row) => [Number(row['client_id']), Number(row['owners'])]));
}

function boundsOf(ids: number[]): { least: number; most: number } {
  return {
    least: ids.reduce((a, b) => Math.min(a, b)),
    most: ids.reduce((a, b) => Math.max(a, b)),
  };
}
