import { useNow } from '../hooks/use-now.ts';
import { formatAgo, formatExact } from '../format-time.ts';

/** How long ago something was, which keeps up, with the exact time on hover. What is still to come is `TimeAt`. */
export function TimeAgo({ iso }: { iso: string }) {
  const now = useNow(20_000);
  return (
    <time dateTime={iso} title={formatExact(iso)}>
      {formatAgo(Date.parse(iso), now)}
    </time>
  );
}
