import { Classes } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import type { Server } from '../../../contract/servers.ts';

/** How many labels have room beside each other. */
const SHOWN = 2;

const CLASS = `${Classes.TAG} ${Classes.MINIMAL} ${Classes.INTERACTIVE}`;

/** The first labels, each a way to all servers that carry it, and how many more there are. */
export function ServerLabels({
  labels,
  onLabel,
}: {
  labels: Server['labels'];
  onLabel: (label: string) => void;
}) {
  const all = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  if (all.length === 0) return null;
  return (
    <span className="row-labels">
      {all.slice(0, SHOWN).map((label) => (
        <button
          key={label}
          type="button"
          className={CLASS}
          title={t`Only ${label}`}
          onClick={() => onLabel(label)}
        >
          {label}
        </button>
      ))}
      {all.length > SHOWN && (
        <span className="second-line" title={all.slice(SHOWN).join('\n')}>
          {t`and ${all.length - SHOWN} more`}
        </span>
      )}
    </span>
  );
}
