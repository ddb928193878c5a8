/** An element that shows one row after another: `key` is the element's, `id` that of the row it shows now. */
export interface RowPlace {
  key: number;
  id: string;
}

/**
 * Which element shows which of the rows `ids`. A row keeps its element as long as it is there, and one that comes takes
 * that of one that has gone, because filling an element anew is much faster than making one. Moving elements is slow too, so
 * they stand in the order of the rows only where `inOrder` asks for it.
 */
export function placeRows(before: RowPlace[], ids: string[], inOrder: boolean): RowPlace[] {
  const coming = new Set(ids);
  const stays = before.map(({ id }) => coming.delete(id));
  const news = coming.values();
  const after: RowPlace[] = [];
  for (const [at, place] of before.entries()) {
    const id = stays[at] ? place.id : news.next().value;
    if (id !== undefined) after.push(id === place.id ? place : { key: place.key, id });
  }
  let key = Math.max(-1, ...before.map((place) => place.key));
  for (const id of news) after.push({ key: (key += 1), id });
  if (inOrder) {
    const order = new Map(ids.map((id, at) => [id, at]));
    after.sort((one, other) => (order.get(one.id) ?? 0) - (order.get(other.id) ?? 0));
  }
  return after.length === before.length && after.every((place, at) => place === before[at]) ? before : after;
}
