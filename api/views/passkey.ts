import type { Passkey } from '../../contract/passkeys.ts';
import type { Passkey as PasskeyRow } from '../../db/models/passkey.ts';

export function toPasskeyView({ id, name, isSynced, createdAt, lastUsedAt }: PasskeyRow): Passkey {
  return {
    id,
    name,
    isSynced,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  };
}
