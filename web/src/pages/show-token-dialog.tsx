import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { NewApiToken } from '../../../contract/account.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { ShownOnceDialog } from '../components/shown-once-dialog.tsx';

/** An API token that was just made, with an example of its use. */
export function ShowTokenDialog({ made, onClose }: { made: NewApiToken; onClose: () => void }) {
  const curl = `curl -H 'Authorization: Bearer ${made.token}' ${location.origin}/servers`;
  return (
    <ShownOnceDialog
      title={t`API token ${made.name}`}
      warning={t`Copy it now: it is never shown again. Whoever has it can act as you.`}
      secret={made.token}
      label={t`the token`}
      onClose={onClose}
    >
      <p>
        <Trans>For example, to list your servers:</Trans>
      </p>
      <div className="shown-once">
        <pre>{curl}</pre>
        <CopyButton text={curl} label={t`the example`} />
      </div>
    </ShownOnceDialog>
  );
}
