import { t } from '@lingui/core/macro';
import { createRemembered } from './remembered.ts';

/** What can be shown beside status and name. */
export const COLUMNS = {
  get plan() {
    return t`Plan`;
  },
  get address() {
    return t`Address`;
  },
  get place() {
    return t`Location`;
  },
  get labels() {
    return t`Labels`;
  },
  get account() {
    return t`Account`;
  },
  get created() {
    return t`Created`;
  },
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
