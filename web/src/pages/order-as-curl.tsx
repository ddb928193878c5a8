import { Button, DialogBody } from '@blueprintjs/core';
import { Console } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { CreateServer } from '../../../contract/servers.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { Dialog } from '../components/dialog.tsx';

/** The order as a command line, for somebody who wants to do it by a program. */
export function OrderAsCurl({ order }: { order: CreateServer | undefined }) {
  const [isOpen, setIsOpen] = useState(false);
  if (!order) return null;
  const command = toCurl(order, location.origin);
  return (
    <>
      <Button
        variant="minimal"
        size="small"
        icon={<Console size={14} />}
        text={t`As curl`}
        onClick={() => setIsOpen(true)}
      />
      <Dialog isOpen={isOpen} title={t`The same by the API`} onClose={() => setIsOpen(false)}>
        <DialogBody>
          <p>
            <Trans>
              Make an API token under your account that may manage, and put it where <code>$BERTH_TOKEN</code>{' '}
              stands.
            </Trans>
          </p>
          <div className="code-with-copy">
            <pre tabIndex={0}>{command}</pre>
            <CopyButton text={command} label={t`the command`} />
          </div>
        </DialogBody>
      </Dialog>
    </>
  );
}

/** A password is left for its owner to fill in. */
export function toCurl(order: CreateServer, origin: string): string {
  const body = JSON.stringify({ ...order, ...(order.password ? { password: '…' } : {}) }, null, 2);
  return [
    `curl -X POST ${origin}/servers`,
    `  -H "Authorization: Bearer $BERTH_TOKEN"`,
    `  -H "Idempotency-Key: $(uuidgen)"`,
    `  -H 'Content-Type: application/json'`,
    `  -d '${body.replaceAll("'", String.raw`'\''`)}'`,
  ].join(' \\\n');
}
