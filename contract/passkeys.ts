import { z } from 'zod';
import { FIELD_TEXTS } from './field-texts.ts';

const Base64Url = z.base64url().max(65_536);
const Credential = { id: Base64Url, rawId: Base64Url, type: z.literal('public-key') };

/** What a browser's authenticator made: `PublicKeyCredential.toJSON()` after `navigator.credentials.create()`. */
const MadeCredential = z
  .looseObject({
    ...Credential,
    response: z.looseObject({
      clientDataJSON: Base64Url,
      attestationObject: Base64Url,
      transports: z.array(z.string().max(20)).max(10).optional(),
    }),
  })
  .meta({ id: 'MadeCredential' });
export type MadeCredential = z.infer<typeof MadeCredential>;

/** How an authenticator answered: `PublicKeyCredential.toJSON()` after `navigator.credentials.get()`. */
const ShownCredential = z
  .looseObject({
    ...Credential,
    response: z.looseObject({
      clientDataJSON: Base64Url,
      authenticatorData: Base64Url,
      signature: Base64Url,
      userHandle: Base64Url,
    }),
  })
  .meta({ id: 'ShownCredential' });
export type ShownCredential = z.infer<typeof ShownCredential>;

/** What a browser is asked with; it answers within five minutes, and once. */
export const PasskeyOptions = z.looseObject({ challenge: z.string() }).meta({
  id: 'PasskeyOptions',
  description:
    'For PublicKeyCredential.parseCreationOptionsFromJSON() or parseRequestOptionsFromJSON() (WebAuthn)',
});
export type PasskeyOptions = z.infer<typeof PasskeyOptions>;

const PasskeyName = z.string().trim().min(1, { error: FIELD_TEXTS.give_name }).max(100);

export const AddPasskey = z
  .strictObject({
    name: PasskeyName,
    credential: MadeCredential,
  })
  .meta({ id: 'AddPasskey' });

export const RenamePasskey = z.strictObject({ name: PasskeyName }).meta({ id: 'RenamePasskey' });

export const LogInWithPasskey = z
  .strictObject({
    credential: ShownCredential,
    email: z.string().trim().max(254).optional().meta({
      description: "whose passkey it has to be; anybody's when left out",
    }),
  })
  .meta({ id: 'LogInWithPasskey' });

/** Something to log in with instead of password and code. */
export const Passkey = z
  .object({
    id: z.uuid(),
    name: z.string(),
    isSynced: z.boolean().meta({ description: "Kept by its maker on all of the user's devices" }),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Passkey' });
export type Passkey = z.infer<typeof Passkey>;

export const PasskeyList = z.object({ items: z.array(Passkey) }).meta({ id: 'PasskeyList' });
export type PasskeyList = z.infer<typeof PasskeyList>;
