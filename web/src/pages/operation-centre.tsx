import { Classes, Drawer, DrawerSize, H4, Spinner, Switch } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import type { Operation } from '../../../contract/operations.ts';
import { announceStore, canAnnounce, wantAnnouncements } from '../announce.ts';
import { CloseButton } from '../components/close-button.tsx';
import { ErrorState } from '../components/error-state.tsx';
import { useAllOperations } from '../hooks/use-all-operations.ts';
import { useReturnFocus } from '../hooks/use-return-focus.ts';
import { useStore } from '../hooks/use-store.ts';
import { formatDuration } from '../format-time.ts';
import { OperationDetails } from './operation-details.tsx';
import { StepList } from './step-list.tsx';

/** Everything that is under way with anybody's servers within reach, and what was over last. */
export function OperationCentre({ onClose }: { onClose: () => void }) {
  useReturnFocus();
  const live = useAllOperations('live');
  const recent = useAllOperations('over');
  const failed = [live, recent].find((query) => query.isError && !query.data);
  return (
    <Drawer isOpen size={DrawerSize.SMALL} className="centre" onClose={onClose}>
      <div className={Classes.DRAWER_HEADER}>
        <H4>
          <Trans>Operations</Trans>
        </H4>
        <CloseButton onClick={onClose} />
      </div>
      <div className="centre-body">
        {failed?.error ? (
          <ErrorState
            title={t`The operations could not be read`}
            error={failed.error}
            onRetry={() => void Promise.all([live.refetch(), recent.refetch()])}
          />
        ) : live.data && recent.data ? (
          <Groups live={live.data} recent={recent.data} />
        ) : (
          <Spinner className="page-spinner" aria-label={t`Loading`} />
        )}
        <AnnounceSwitch />
      </div>
    </Drawer>
  );
}

const queueOf = ({ steps }: Operation) => steps.find(({ queue }) => queue !== null)?.queue ?? null;

function Groups({ live, recent }: { live: Operation[]; recent: Operation[] }) {
  const attention = live.filter(({ status }) => status === 'needs_attention');
  const moving = live.filter(({ status }) => status !== 'needs_attention');
  const isQueued = (operation: Operation) => operation.status === 'pending' || queueOf(operation) !== null;
  const queued = moving
    .filter(isQueued)
    .sort((a, b) => (queueOf(a)?.position ?? Infinity) - (queueOf(b)?.position ?? Infinity));
  const running = moving.filter((operation) => !isQueued(operation));
  return (
    <>
      {live.length === 0 && (
        <p className="muted">
          <Trans>Nothing is under way.</Trans>
        </p>
      )}
      <Group title={t`Needs attention`} operations={attention}>
        {(operation) => <OperationDetails operation={operation} isCollapsible />}
      </Group>
      <Group title={t`Running`} operations={running}>
        {(operation) => <Moving operation={operation} />}
      </Group>
      <Group title={t`Queued`} operations={queued}>
        {(operation) => <Moving operation={operation} />}
      </Group>
      <Group title={t`Recent`} operations={recent}>
        {(operation) => <OperationDetails operation={operation} isCollapsible isFoldedAtFirst />}
      </Group>
    </>
  );
}

interface GroupProps {
  title: string;
  operations: Operation[];
  children: (operation: Operation) => ReactNode;
}

function Group({ title, operations, children }: GroupProps) {
  if (operations.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2>{`${title} (${operations.length})`}</h2>
      <ul className="activity">
        {operations.map((operation) => (
          <li key={operation.id} className="panel">
            <Link to={`/servers/${operation.serverId}`} className="centre-server">
              {operation.serverName}
            </Link>
            {children(operation)}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What is being done, with the present step in sight and all of them folded away. */
function Moving({ operation }: { operation: Operation }) {
  const step = operation.steps.find(({ state }) => state === 'running');
  const queue = queueOf(operation);
  return (
    <>
      {queue && (
        <p className="centre-queue">
          {t`No. ${queue.position} in line`}
          {queue.etaSeconds !== null &&
            `, ${t`its turn in about ${formatDuration(queue.etaSeconds * 1_000)}`}`}
        </p>
      )}
      {step && <StepList steps={[step]} label={t`Present step`} />}
      <OperationDetails operation={operation} isCollapsible isFoldedAtFirst />
    </>
  );
}

/** Notifications by the browser, where it has them. */
function AnnounceSwitch() {
  const isOn = useStore(announceStore);
  const [isRefused, setIsRefused] = useState(!canAnnounce());
  return (
    <div className="centre-announce">
      <Switch
        role="switch"
        checked={isOn && !isRefused}
        disabled={isRefused}
        label={t`Notify me when something is over while I look elsewhere`}
        onChange={(event) => {
          if (!event.currentTarget.checked) announceStore.set(false);
          else void wantAnnouncements().then((isAllowed) => setIsRefused(!isAllowed));
        }}
      />
      {isRefused && (
        <p className="muted">
          <Trans>This browser does not allow notifications from here.</Trans>
        </p>
      )}
    </div>
  );
}
