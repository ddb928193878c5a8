const STEP_SECONDS = 30;
/** Clocks may be apart by one step. */
const WINDOW = 1;

async function totp(secret?: string, label = '') {
  const { Secret, TOTP } = await import('otpauth');
  return new TOTP({
    issuer: 'Berth',
    label,
    algorithm: 'SHA1', // what every app knows
    digits: 6,
    period: STEP_SECONDS,
    secret: secret === undefined ? new Secret({ size: 20 }) : Secret.fromBase32(secret),
  });
}

/** Draws a secret for an app; `secret` is in base32, `uri` what a QR code shows. */
export async function drawTotpSecret(label: string): Promise<{ secret: string; uri: string }> {
  const drawn = await totp(undefined, label);
  return { secret: drawn.secret.base32, uri: drawn.toString() };
}

/** The time step a code belongs to, or null when it is none of about now. */
export async function stepOfCode(secret: string, code: string, now = Date.now()): Promise<number | null> {
  const delta = (await totp(secret)).validate({ token: code, timestamp: now, window: WINDOW });
  return delta === null ? null : Math.floor(now / 1000 / STEP_SECONDS) + delta;
}
