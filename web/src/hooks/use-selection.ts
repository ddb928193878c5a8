import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

export interface Selection<T> {
  /** Those of the items that are selected. */
  items: T[];
  has: (id: string) => boolean;
  /** With `isRange` everything between this one and the one before. */
  toggle: (id: string, isRange: boolean) => void;
  /** All of the items, or none. */
  toggleAll: () => void;
  clear: () => void;
}

/** Which of the items somebody has picked; one that is no longer among them is not picked. */
export function useSelection<T extends { id: string }>(all: T[]): Selection<T> {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const latest = useRef({ all, last: null as string | null });
  useEffect(() => {
    latest.current.all = all;
  }, [all]);
  const items = useMemo(() => (ids.size === 0 ? [] : all.filter(({ id }) => ids.has(id))), [all, ids]);
  const toggle = useCallback((id: string, isRange: boolean) => {
    const { all: present, last } = latest.current;
    latest.current.last = id;
    setIds((before) => {
      const next = new Set(before);
      const isOn = !next.has(id);
      for (const each of isRange ? between(present, last ?? id, id) : [id]) {
        if (isOn) next.add(each);
        else next.delete(each);
      }
      return next;
    });
  }, []);
  return {
    items,
    has: (id) => ids.has(id),
    toggle,
    toggleAll: () => setIds(items.length === all.length ? new Set() : new Set(all.map(({ id }) => id))),
    clear: useCallback(() => setIds(new Set()), []),
  };
}

function between(all: { id: string }[], one: string, other: string): string[] {
  const [from = 0, to = 0] = [one, other]
    .map((id) => all.findIndex((item) => item.id === id))
    .sort((a, b) => a - b);
  return from < 0 ? [other] : all.slice(from, to + 1).map(({ id }) => id);
}
