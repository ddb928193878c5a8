import { Tag } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import type { MigrationRun } from '../../../contract/migration-runs.ts';
import { PercentBar } from '../components/percent-bar.tsx';
import { ENTITY_WORDS, PHASE_WORDS, RUN_WORDS } from './state-words.ts';

const INTENT = {
  pending: 'primary',
  running: 'primary',
  paused: 'warning',
  succeeded: 'success',
  failed: 'danger',
  cancelled: 'none',
  rolled_back: 'none',
} as const;

/** How a run stands, and in which phase while it is not over. */
export function RunStatus({ run: { status, phase, pauseRequested } }: { run: MigrationRun }) {
  const isLive = status === 'pending' || status === 'running' || status === 'paused';
  return (
    <>
      <Tag minimal intent={INTENT[status]}>
        {pauseRequested && status === 'running' ? t`pausing` : RUN_WORDS[status]}
      </Tag>
      {isLive && <span className="second-line">{PHASE_WORDS[phase]}</span>}
    </>
  );
}

/** How many rows of each kind have been read and loaded. */
export function RunProgress({ run: { progress } }: { run: MigrationRun }) {
  return progress.map(({ entity, total, read, loaded, quarantined }) => (
    <div key={entity}>
      <span className="numeric">
        {t`${ENTITY_WORDS[entity].many}: ${read} of ${total ?? '?'} read, ${loaded} loaded`}
        {quarantined > 0 && t`, ${quarantined} quarantined`}
      </span>
      {total !== null && total > 0 && (
        <PercentBar
          percent={Math.min(100, (read / total) * 100)}
          label={t`${ENTITY_WORDS[entity].many} read`}
        />
      )}
    </div>
  ));
}
