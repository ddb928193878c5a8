import { Button, DialogBody, DialogFooter } from '@blueprintjs/core';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { PowerAction, Server } from '../../../contract/servers.ts';
import { Dialog } from '../components/dialog.tsx';
import { type BulkResult, useBulkPower } from '../hooks/use-bulk-power.ts';
import { useForbidden } from '../hooks/use-forbidden.ts';
import { useReturnFocus } from '../hooks/use-return-focus.ts';
import { POWER_ACTIONS } from '../operation-words.ts';
import { blockedBecause } from './blocked-because.ts';
import { unfitFor } from './power-fit.ts';

interface BulkPowerDialogProps {
  action: PowerAction;
  servers: Server[];
  onDone: () => void;
  onClose: () => void;
}

/** Says what an action does to many servers and to which it does nothing, and how each of them answered. */
export function BulkPowerDialog({ action, servers, onDone, onClose }: BulkPowerDialogProps) {
  useReturnFocus();
  const forbidden = useForbidden();
  const { results, isSending, send } = useBulkPower({ action });
  const words = POWER_ACTIONS[action];
  const hindrance = (server: Server) =>
    forbidden(server, 'operate') ?? blockedBecause(server) ?? unfitFor(action, server);
  const fit = servers.filter((server) => hindrance(server) === null);
  const states = fit.map(({ id }) => results[id]?.state);
  const accepted = states.filter((state) => state === 'accepted').length;
  const failed = states.filter((state) => state === 'refused' || state === 'unknown').length;
  const isOver = !isSending && accepted + failed > 0;
  const close = () => {
    if (isOver && failed === 0) onDone();
    onClose();
  };
  return (
    <Dialog
      isOpen
      title={t`${words.label} ${count(servers.length)}?`}
      onClose={close}
      canOutsideClickClose={!isSending}
      className="narrow-dialog"
    >
      <DialogBody>
        <p>{words.consequence}</p>
        <p role="status">
          {accepted + failed === 0 && !isSending
            ? summary(fit.length, servers.length)
            : failed > 0
              ? t`${accepted} of ${fit.length} accepted, ${failed} failed.`
              : t`${accepted} of ${fit.length} accepted.`}
        </p>
        <ul className="bulk-results" aria-label={t`Servers`}>
          {servers.map((server) => (
            <li key={server.id}>
              <strong>{server.name}</strong>
              <Outcome result={results[server.id]} hindrance={hindrance(server)} />
            </li>
          ))}
        </ul>
      </DialogBody>
      <DialogFooter
        actions={
          <>
            <Button text={isOver ? t`Done` : t`Keep as they are`} disabled={isSending} onClick={close} />
            {!(isOver && failed === 0) && (
              <Button
                intent={words.isHarsh ? 'danger' : 'primary'}
                text={isOver ? t`Try the failed ones again` : t`${words.label} ${count(fit.length)}`}
                disabled={fit.length === 0}
                loading={isSending}
                onClick={() => void send(fit)}
              />
            )}
          </>
        }
      />
    </Dialog>
  );
}

const count = (servers: number): string => plural(servers, { one: '# server', other: '# servers' });

function summary(fit: number, all: number): string {
  if (fit === all) return t`Each server is asked by itself; you see here how each of them answers.`;
  if (fit === 0) return t`None of these servers can do this now.`;
  return plural(all - fit, {
    one: '# server cannot do this now and is left out.',
    other: '# servers cannot do this now and are left out.',
  });
}

function Outcome({ result, hindrance }: { result: BulkResult | undefined; hindrance: string | null }) {
  if (!result) return <span className="muted">{hindrance ?? ''}</span>;
  switch (result.state) {
    case 'sending':
      return (
        <span className="muted">
          <Trans>Sending</Trans>
        </span>
      );
    case 'accepted':
      return (
        <span className="bulk-accepted">
          <Trans>Accepted</Trans>
        </span>
      );
    case 'refused':
      return <span className="bulk-failed">{result.message}</span>;
    case 'unknown':
      return (
        <span className="bulk-failed">
          <Trans>{result.message}. It is not known whether it was accepted; trying again is safe.</Trans>
        </span>
      );
  }
}
