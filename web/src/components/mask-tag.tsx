import { Button } from '@blueprintjs/core';
import { EyeOff } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { maskStore } from '../mask.ts';

/** Says that something is covered, and uncovers it. */
export function MaskTag() {
  return (
    <span role="status">
      <Button
        className="mask-tag"
        size="small"
        intent="warning"
        icon={<EyeOff />}
        text={t`Masked`}
        aria-label={t`Masked for screenshots. Show everything`}
        title={t`Show everything`}
        onClick={() => maskStore.set(false)}
      />
    </span>
  );
}
