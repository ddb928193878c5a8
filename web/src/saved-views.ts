import { createRemembered } from './remembered.ts';

/** A filter of the servers list under a name, kept in this browser. */
export interface SavedView {
  name: string;
  /** As it stands in the address. */
  query: string;
}

const isView = (value: unknown): value is SavedView =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  'query' in value &&
  typeof value.name === 'string' &&
  typeof value.query === 'string';

export const savedViews = createRemembered<SavedView[]>('berth-server-views', [], (value) =>
  Array.isArray(value) ? value.filter(isView) : undefined,
);

/** Keeps a view, instead of one with the same name. */
export function saveView(view: SavedView): void {
  savedViews.set([...savedViews.get().filter(({ name }) => name !== view.name), view]);
}

export function dropView(name: string): void {
  savedViews.set(savedViews.get().filter((view) => view.name !== name));
}
