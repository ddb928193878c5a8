import { useNow } from '../hooks/use-now.ts';
import { formatAgo, formatExact } from '../format-time.ts';

/** A relative time that keeps up, with the exact one on hover. */
export function TimeAgo({ iso }: { iso: string }) {
  const now = useNow(20_000);
  return (
    <time dateTime={iso} title={formatExact(iso)}>
      {formatAgo(Date.parse(iso), now)}
    </time>
  );
}
