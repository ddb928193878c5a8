import type { Knex } from 'knex';
import { queryRows } from '../db/query-rows.ts';
import { InvalidInput } from './errors.ts';
import { parseSshKey } from './ssh-key.ts';

/** Keeps an account's keys, each once by its fingerprint and under the name it has there, and answers their ids; InvalidInput names a damaged one. */
export async function saveSshKeys(trx: Knex, accountId: string, texts: string[]): Promise<string[]> {
  const keys = texts.map((text, index) => {
    const key = parseSshKey(text);
    if (!key)
      throw new InvalidInput([{ field: `sshKeys.${index}`, message: 'this key is damaged: copy it again' }]);
    return key;
  });
  const ids = new Set<string>();
  for (const { name, publicKey, fingerprint } of keys) {
    const [key] = await queryRows<{ id: string }>(
      trx,
      `insert into ssh_keys (account_id, name, public_key, fingerprint) values (?, ?, ?, ?)
       on conflict (account_id, fingerprint) do update set name = ssh_keys.name returning id`,
      [accountId, name, publicKey, fingerprint],
    );
    if (key) ids.add(key.id);
  }
  return [...ids];
}
