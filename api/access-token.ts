import jwt from 'jsonwebtoken';
import { z } from 'zod';
import type { CurrentUser } from './current-user.ts';

export const ACCESS_TOKEN_SECONDS = 600;

const Claims = z.object({ sub: z.uuid(), sid: z.uuid(), exp: z.number() });
type Claims = z.infer<typeof Claims>;

/** A JWT (HS256), good for ten minutes unless given; the session it names can end it sooner. */
export function signAccessToken(user: CurrentUser, secret: string, expiresIn = ACCESS_TOKEN_SECONDS): string {
  return jwt.sign({ sid: user.sessionId, role: user.role }, secret, {
    algorithm: 'HS256',
    subject: user.id,
    expiresIn,
  });
}

/** The claims of a decoded token, or null for one that is not ours. */
export function parseClaims(decoded: unknown): Claims | null {
  return Claims.safeParse(decoded).data ?? null;
}
