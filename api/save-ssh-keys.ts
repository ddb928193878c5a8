import type { Knex } from 'knex';
import { queryRows } from '../db/query-rows.ts';
import { InvalidInput, issueOf } from './errors.ts';
import { parseSshKey } from './ssh-key.ts';
import { say } from '../contract/sayings.ts';

interface GivenKeys {
  sshKeys?: string[] | undefined;
  sshKeyIds?: string[] | undefined;
}

/**
 * Keeps an account's keys, each once by its fingerprint and under the name it has there, and answers their ids with those of
 * kept keys that were chosen; InvalidInput names a key that is damaged, or that the account does not keep.
 */
export async function saveSshKeys(
  trx: Knex,
  accountId: string,
  { sshKeys = [], sshKeyIds = [] }: GivenKeys,
): Promise<string[]> {
  const kept = await queryRows<{ id: string }>(
    trx,
    // Locked, so that none is deleted until the operation stands there that forbids it.
    'select id from ssh_keys where account_id = ? and id = any(?::uuid[]) for key share',
    [accountId, sshKeyIds],
  );
  const ids = new Set(kept.map(({ id }) => id));
  const unknown = sshKeyIds.findIndex((id) => !ids.has(id.toLowerCase()));
  if (unknown !== -1) throw new InvalidInput([issueOf(`sshKeyIds.${unknown}`, say('no_such_key'))]);
  const keys = sshKeys.map((text, index) => {
    const key = parseSshKey(text);
    if (!key) throw new InvalidInput([issueOf(`sshKeys.${index}`, say('damaged_key'))]);
    return key;
  });
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
