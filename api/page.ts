import { encodeCursor } from './cursor.ts';

interface PageOptions<Row, View> {
  limit: number;
  sort: string;
  toView: (row: Row) => View;
}

/** Cuts `limit` rows off, and turns the one row more into a cursor. */
export function toPage<Row extends { id: string; sortValue: string }, View>(
  rows: Row[],
  { limit, sort, toView }: PageOptions<Row, View>,
): { items: View[]; nextCursor: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  const nextCursor = hasMore ? encodeCursor(sort, { value: last.sortValue, id: last.id }) : null;
  return { items: items.map((row) => toView(row)), nextCursor };
}
