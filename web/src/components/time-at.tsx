import { formatExact, formatMoment } from '../format-time.ts';

/** A time that is still to come, as date and hour, with the exact one on hover. */
export function TimeAt({ iso }: { iso: string }) {
  return (
    <time dateTime={iso} title={formatExact(iso)}>
      {formatMoment(iso)}
    </time>
  );
}
