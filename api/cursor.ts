import { z } from 'zod';
import { InvalidInput, issueOf } from './errors.ts';
import { say } from '../contract/sayings.ts';

const Cursor = z.tuple([z.string(), z.string().max(100), z.uuid()]);

export interface PagePosition {
  value: string;
  id: string;
}

/** An opaque cursor: the sort it belongs to and the place of the last row shown. */
export function encodeCursor(sort: string, { value, id }: PagePosition): string {
  return Buffer.from(JSON.stringify([sort, value, id])).toString('base64url');
}

/** Throws InvalidInput (field `cursor`) for one that is not ours or belongs to another sort. */
export function decodeCursor(sort: string, cursor: string | undefined): PagePosition | null {
  if (cursor === undefined) return null;
  const refused = new InvalidInput([issueOf('cursor', say('no_cursor'))]);
  let raw: unknown;
  try {
    raw = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw refused;
  }
  const parsed = Cursor.safeParse(raw);
  if (!parsed.success || parsed.data[0] !== sort) throw refused;
  return { value: parsed.data[1], id: parsed.data[2] };
}
