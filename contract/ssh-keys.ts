import { z } from 'zod';
import { SshKey } from './servers.ts';
import { FIELD_TEXTS } from './field-texts.ts';

const KeyName = z.string().trim().min(1, { error: FIELD_TEXTS.give_name }).max(200);

export const ListSshKeysQuery = z.object({
  accountId: z.uuid().optional().meta({ description: 'of this account only; of all of yours when left out' }),
});

export const AddSshKey = z
  .strictObject({
    publicKey: SshKey,
    name: KeyName.optional().meta({ description: "the key's comment when left out" }),
    accountId: z.uuid().optional().meta({ description: 'whose it will be; your first account unless given' }),
  })
  .meta({ id: 'AddSshKey' });
export type AddSshKey = z.infer<typeof AddSshKey>;

export const RenameSshKey = z.strictObject({ name: KeyName }).meta({ id: 'RenameSshKey' });

/** A public key an account keeps for its orders. */
export const SavedSshKey = z
  .object({
    id: z.uuid(),
    accountId: z.uuid(),
    name: z.string(),
    publicKey: z.string(),
    fingerprint: z.string().meta({ description: 'as ssh-keygen -l prints it' }),
    servers: z.int().meta({ description: 'how many servers of the account were built with it' }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'SavedSshKey' });
export type SavedSshKey = z.infer<typeof SavedSshKey>;

export const SavedSshKeyList = z.object({ items: z.array(SavedSshKey) }).meta({ id: 'SavedSshKeyList' });
export type SavedSshKeyList = z.infer<typeof SavedSshKeyList>;
