import { Secret, TOTP } from 'otpauth';

/** The code an app shows at a time, in milliseconds; `secret` is in base32. */
export const codeAt = (secret: string, now: number): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: now });
