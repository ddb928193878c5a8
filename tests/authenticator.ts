import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { MadeCredential, ShownCredential } from '../contract/passkeys.ts';

const FLAGS = { present: 0x01, verified: 0x04, hasCredential: 0x40 };

interface Circumstances {
  origin: string;
  /** Its user has shown themselves to it, by a finger or a PIN. */
  isVerified?: boolean;
  counter?: number;
}

/** Makes one passkey and shows it, as a security key does (ES256, attestation "none"). */
export function createAuthenticator() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const id = randomBytes(16);
  const common = {
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
  } as const;
  let userHandle = '';

  const clientData = (type: string, challenge: string, origin: string): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  const authenticatorData = ({ origin, isVerified = true, counter = 0 }: Circumstances, made?: Buffer) =>
    Buffer.concat([
      createHash('sha256').update(new URL(origin).hostname).digest(),
      Buffer.from([FLAGS.present | (isVerified ? FLAGS.verified : 0) | (made ? FLAGS.hasCredential : 0)]),
      uint32(counter),
      ...(made ? [made] : []),
    ]);

  return {
    id: common.id,
    /** Answers what POST /users/me/passkeys/options asks for. */
    make(options: { challenge: string; user: { id: string } }, given: Circumstances): MadeCredential {
      userHandle = options.user.id;
      const key = cbor(
        new Map<number, Cbor>([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, Buffer.from(x, 'base64url')],
          [-3, Buffer.from(y, 'base64url')],
        ]),
      );
      const aaguid = Buffer.alloc(16);
      const made = Buffer.concat([aaguid, Buffer.from([0, id.length]), id, key]);
      const attestation = new Map<string, Cbor>([
        ['fmt', 'none'],
        ['attStmt', new Map<string, Cbor>()],
        ['authData', authenticatorData(given, made)],
      ]);
      return {
        ...common,
        response: {
          clientDataJSON: clientData('webauthn.create', options.challenge, given.origin).toString(
            'base64url',
          ),
          attestationObject: cbor(attestation).toString('base64url'),
          transports: ['usb'],
        },
      };
    },
    /** Answers what POST /login/passkey/options asks for. */
    show({ challenge }: { challenge: string }, given: Circumstances): ShownCredential {
      const data = authenticatorData(given);
      const client = clientData('webauthn.get', challenge, given.origin);
      const signed = Buffer.concat([data, createHash('sha256').update(client).digest()]);
      return {
        ...common,
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: sign('sha256', signed, privateKey).toString('base64url'),
          userHandle,
        },
      };
    },
  };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

type Cbor = number | string | Buffer | Map<number, Cbor> | Map<string, Cbor>;

/** What a passkey needs of CBOR: small integers, short strings, maps. */
function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  return Buffer.concat([
    head(5, value.size),
    ...[...value.entries()].flatMap(([key, item]) => [cbor(key), cbor(item)]),
  ]);
}

function head(major: number, size: number): Buffer {
  if (size < 24) return Buffer.from([(major << 5) | size]);
  return Buffer.from([(major << 5) | 24, size]);
}
