import { Button, Tooltip } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { useId } from 'react';
import type { PowerAction } from '../../../contract/servers.ts';
import { POWER_ACTIONS } from '../operation-words.ts';
import { POWER_ICONS } from './power-icons.tsx';

/** What tells one action from the others, in one line. */
const HINTS: Record<PowerAction, string> = {
  get start() {
    return t`Boots the server from its disk.`;
  },
  get shutdown() {
    return t`Asks the operating system to end cleanly, as its own shutdown would; the server stays off.`;
  },
  get reboot() {
    return t`Asks the operating system to end cleanly, then starts it again.`;
  },
  get stop() {
    return t`Cuts the power of the running system at once: what is not on the disk yet is lost. For one that does not shut down.`;
  },
  get reset() {
    return t`Restarts the running system at once, without ending it: what is not on the disk yet is lost. For one that hangs.`;
  },
};

/** Asks for a power action; says what it does to whoever points at it, comes to it by keyboard or hears it read. */
export function PowerButton({
  action,
  reason = null,
  reasonId,
  onAsk,
}: {
  action: PowerAction;
  /** Why it cannot be used now; null when it can. */
  reason?: string | null;
  /** What on the page says the reason. */
  reasonId?: string | undefined;
  onAsk: () => void;
}) {
  const id = useId();
  return (
    <>
      <Tooltip
        content={HINTS[action]}
        disabled={reason !== null}
        placement="top"
        hoverOpenDelay={400}
        popoverClassName="hint"
      >
        <Button
          icon={POWER_ICONS[action]}
          text={POWER_ACTIONS[action].label}
          disabled={reason !== null}
          title={reason ?? undefined}
          aria-describedby={reasonId ? `${reasonId} ${id}` : id}
          onClick={onAsk}
        />
      </Tooltip>
      <span id={id} hidden>
        {HINTS[action]}
      </span>
    </>
  );
}
