import { Tag } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import type { Server } from '../../../contract/servers.ts';
import { shownLabels } from '../server-words.ts';

/** The first labels, each a way to all servers that carry it, and how many more there are. */
export function ServerLabels({
  labels,
  onLabel,
}: {
  labels: Server['labels'];
  onLabel: (label: string) => void;
}) {
  const { shown, others, more } = shownLabels(labels);
  return (
    <span className="row-labels">
      {shown.map((label) => (
        <Tag key={label} minimal interactive title={t`Only ${label}`} onClick={() => onLabel(label)}>
          {label}
        </Tag>
      ))}
      {others.length > 0 && (
        <span className="second-line" title={others.join('\n')}>
          {more}
        </span>
      )}
    </span>
  );
}
