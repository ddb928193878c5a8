import {
  defaultRangeExtractor,
  useWindowVirtualizer,
  type VirtualItem,
  type Virtualizer,
} from '@tanstack/react-virtual';
import { type RefObject, useDeferredValue, useEffect, useLayoutEffect, useState } from 'react';

/** How many rows before its end a list is continued. */
const AHEAD = 60;
/** How many rows are rendered above and below what can be seen, ready to be scrolled to. */
const MARGIN = 12;
/** How long nothing has been scrolled when the scrolling is over: longer than a hand takes from one turn of a wheel to the next. */
const REST_MS = 500;

interface WindowRows {
  rows: VirtualItem[];
  /** The room that the rows above and below the rendered ones take, in pixels. */
  before: number;
  after: number;
  measure: Virtualizer<Window, Element>['measureElement'];
  isScrolling: boolean;
}

/** Which of `count` rows the window shows, of a list that begins at `list` and may be continued by `onNearEnd`. */
export function useWindowRows(
  list: RefObject<HTMLElement | null>,
  { count, rowPx, onNearEnd }: { count: number; rowPx: number; onNearEnd: (() => void) | null },
): WindowRows {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const { current } = list;
    if (current) setTop(Math.round(current.getBoundingClientRect().top + window.scrollY));
  }, [list, count]);
  // What can be seen is shown first.
  const overscan = useDeferredValue(count > 0 ? MARGIN : 0, 0);
  // oxlint-disable-next-line react/incompatible-library -- nothing here is compiled by the React Compiler
  const virtualizer = useWindowVirtualizer({
    count,
    estimateSize: () => rowPx,
    overscan,
    // As many at every offset, though now and then one less can be seen.
    rangeExtractor: (range) => {
      const atMost = range.startIndex + Math.ceil(window.innerHeight / rowPx);
      return defaultRangeExtractor({
        ...range,
        endIndex: Math.min(count - 1, Math.max(range.endIndex, atMost)),
      });
    },
    initialRect: { width: window.innerWidth, height: window.innerHeight },
    initialOffset: () => window.scrollY,
    scrollMargin: top,
    useFlushSync: false,
    isScrollingResetDelay: REST_MS,
  });
  const rows = virtualizer.getVirtualItems();
  const [first, last] = [rows[0], rows.at(-1)];
  const isNearEnd = last !== undefined && last.index >= count - AHEAD;
  useEffect(() => {
    if (isNearEnd) onNearEnd?.();
  }, [isNearEnd, count, onNearEnd]);
  return {
    rows,
    before: first ? first.start - top : 0,
    after: last ? Math.max(0, virtualizer.getTotalSize() - (last.end - top)) : 0,
    measure: virtualizer.measureElement,
    isScrolling: virtualizer.isScrolling,
  };
}
