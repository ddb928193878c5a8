interface UseBarProps {
  label: string;
  used: number;
  total: number;
}

/** How much of something is given away, as a bar; more than all of it is full. */
export function UseBar({ label, used, total }: UseBarProps) {
  const percent = total === 0 ? 0 : Math.min(100, Math.round((used / total) * 100));
  const className = percent >= 95 ? 'is-full' : percent >= 80 ? 'is-tight' : undefined;
  return (
    <div
      className="use-bar"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <div className={className} style={{ width: `${percent}%` }} />
    </div>
  );
}
