/** A thin progress bar; without a percentage it only says that something is going on. */
export function PercentBar({ percent, label }: { percent: number | null; label: string }) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent === null ? {} : { 'aria-valuenow': Math.round(percent) })}
      className={percent === null ? 'percent-bar percent-bar-busy' : 'percent-bar'}
    >
      <div className="percent-bar-fill" style={percent === null ? {} : { width: `${percent}%` }} />
    </div>
  );
}
