import { createRemembered } from './remembered.ts';

/** What can be shown beside status and name. */
export const COLUMNS = {
  plan: 'Plan',
  address: 'Address',
  place: 'Location',
  labels: 'Labels',
  account: 'Account',
  created: 'Created',
} as const;
export type Column = keyof typeof COLUMNS;

const ORDER = Object.keys(COLUMNS) as Column[];
const isColumn = (value: unknown): value is Column => ORDER.includes(value as Column);

export const columnStore = createRemembered<Column[]>(
  'berth-server-columns',
  ['plan', 'address', 'place', 'labels', 'created'],
  (value) => (Array.isArray(value) ? value.filter(isColumn) : undefined),
);

/** Shows a column that was hidden, or the other way round. */
export function toggleColumn(column: Column): void {
  const shown = columnStore.get();
  columnStore.set(ORDER.filter((other) => shown.includes(other) !== (other === column)));
}
