import { Button, Callout } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type ReactNode, type RefObject, lazy, Suspense, useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import type { Server } from '../../../contract/servers.ts';
import { OnTheWay } from '../components/on-the-way.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { formatExact } from '../format-time.ts';
import { useForbidden } from '../hooks/use-forbidden.ts';
import { useIsAdmin } from '../hooks/use-is-admin.ts';
import { useCancelOperation } from '../hooks/use-cancel-operation.ts';
import { wasChangedHere } from '../tell-end.ts';
import { PowerDialog } from './power-dialog.tsx';

const RescueDialog = lazy(async () => ({ default: (await import('./rescue-dialog.tsx')).RescueDialog }));

/** What is unusual about a server, and the way out of it. */
export function ServerNotices({ server }: { server: Server }) {
  const { operation } = server;
  const restart = useShownToWhoChanged(server);
  return (
    <>
      {server.status === 'unknown' && <UnknownNotice server={server} />}
      {server.status === 'suspended' && <SuspendedNotice server={server} />}
      {server.deletesAt && operation?.type === 'terminate' && (
        <DeletionNotice server={server} deletesAt={server.deletesAt} operation={operation} />
      )}
      {server.rescue && <RescueNotice server={server} />}
      <div ref={restart} tabIndex={-1}>
        {server.restartNeeded && <RestartNotice server={server} />}
      </div>
    </>
  );
}

/**
 * Leads whoever has changed the plan down on the page to the notice it leaves above, unless they are busy with something
 * else by then.
 */
function useShownToWhoChanged({ id, restartNeeded }: Server): RefObject<HTMLDivElement | null> {
  const place = useRef<HTMLDivElement>(null);
  const wasNeeded = useRef(restartNeeded);
  useEffect(() => {
    const isNews = restartNeeded && !wasNeeded.current;
    wasNeeded.current = restartNeeded;
    if (!isNews || !wasChangedHere(id) || isBusy()) return;
    // With all of the header, which lies over what is scrolled only just into sight.
    window.scrollTo({ top: 0 });
    place.current?.focus({ preventScroll: true });
  }, [id, restartNeeded]);
  return place;
}

const isBusy = (): boolean =>
  document.activeElement?.matches('input, textarea, select, [role="dialog"] *') === true;

function UnknownNotice({ server }: { server: Server }) {
  const isAdmin = useIsAdmin();
  const missingSince = server.observed?.missingSince;
  if (missingSince) {
    return (
      <Callout intent="danger" compact className="notice">
        <Trans>
          This server’s virtual machine cannot be found on Proxmox VE (first missed{' '}
          <TimeAgo iso={missingSince} />
          ).
        </Trans>{' '}
        {isAdmin ? (
          <Trans>
            <Link to="/admin/orphans">Orphans</Link> lists it once two comparisons have missed it, with what
            can be done.
          </Trans>
        ) : (
          <Trans>Ask your provider what has become of it.</Trans>
        )}
      </Callout>
    );
  }
  return (
    <Callout intent="warning" compact className="notice">
      {server.statusObservedAt ? (
        <Trans>
          Proxmox VE could not be asked about this server lately (last heard{' '}
          <TimeAgo iso={server.statusObservedAt} />
          ). It may well be running.
        </Trans>
      ) : (
        <Trans>Proxmox VE could not be asked about this server lately. It may well be running.</Trans>
      )}{' '}
      {isAdmin && (
        <Trans>
          <Link to="/admin/clusters">Test the connection to its cluster.</Link>
        </Trans>
      )}
    </Callout>
  );
}

function SuspendedNotice({ server }: { server: Server }) {
  const isAdmin = useIsAdmin();
  const reason = server.suspendReason ? `: ${server.suspendReason.replace(/\.$/, '')}.` : '.';
  return (
    <Callout intent="warning" compact className="notice">
      {isAdmin
        ? t`This server is suspended${reason} Its owner is told so and cannot use it.`
        : t`Your provider has suspended this server${reason} Ask your provider to lift the suspension.`}
    </Callout>
  );
}

function DeletionNotice({
  server,
  deletesAt,
  operation,
}: {
  server: Server;
  deletesAt: string;
  operation: NonNullable<Server['operation']>;
}) {
  const cancel = useCancelOperation(operation.id);
  const isKept = operation.cancelRequested;
  const forbidden = useForbidden()(server, 'operate');
  return (
    <Notice
      text={
        isKept
          ? t`This server is kept; what was done for its deletion is being undone.`
          : t`This server will be erased on ${formatExact(deletesAt)}. Until then it can be kept, with everything on it.`
      }
      action={
        <Button
          text={t`Keep the server`}
          disabled={isKept || forbidden !== null}
          title={forbidden ?? undefined}
          loading={cancel.isPending}
          onClick={() => cancel.mutate()}
        />
      }
    />
  );
}

function RescueNotice({ server }: { server: Server }) {
  const [isAsked, setIsAsked] = useState(false);
  const forbidden = useForbidden()(server, 'operate');
  return (
    <Notice
      text={t`This server is in the rescue system. Its own disk is there to be mended, and is not booted from until you leave.`}
      action={
        <>
          <Button
            text={t`Leave rescue system`}
            disabled={server.operation !== null || forbidden !== null}
            title={forbidden ?? undefined}
            onClick={() => setIsAsked(true)}
          />
          {isAsked && (
            <Suspense fallback={<OnTheWay />}>
              <RescueDialog server={server} onClose={() => setIsAsked(false)} />
            </Suspense>
          )}
        </>
      }
    />
  );
}

function RestartNotice({ server }: { server: Server }) {
  const [isAsked, setIsAsked] = useState(false);
  const isRunning = server.status === 'running';
  const forbidden = useForbidden()(server, 'operate');
  return (
    <Notice
      text={
        isRunning
          ? t`The new size takes effect after a restart.`
          : t`The new size takes effect when the server is next started.`
      }
      action={
        isRunning && (
          <>
            <Button
              text={t`Reboot now`}
              disabled={server.operation !== null || forbidden !== null}
              title={forbidden ?? undefined}
              onClick={() => setIsAsked(true)}
            />
            {isAsked && <PowerDialog server={server} action="reboot" onClose={() => setIsAsked(false)} />}
          </>
        )
      }
    />
  );
}

function Notice({ text, action }: { text: string; action: ReactNode }) {
  return (
    <Callout intent="warning" compact className="notice notice-with-action">
      <span>{text}</span>
      {action}
    </Callout>
  );
}
