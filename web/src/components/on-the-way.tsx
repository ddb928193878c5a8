import { t } from '@lingui/core/macro';
import { PercentBar } from './percent-bar.tsx';

/** At the top of the window, once it takes longer than a moment: what was asked for is still being fetched. */
export function OnTheWay() {
  return (
    <div className="on-the-way">
      <PercentBar percent={null} label={t`Loading`} />
    </div>
  );
}
