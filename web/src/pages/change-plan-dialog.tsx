import { Checkbox, Spinner } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { Plan } from '../../../contract/catalog.ts';
import type { ResizeServer } from '../../../contract/server-changes.ts';
import type { Server } from '../../../contract/servers.ts';
import { resizeServer } from '../api.ts';
import { ErrorState } from '../components/error-state.tsx';
import { formatDisk, formatMemory } from '../format-size.ts';
import { usePlans } from '../hooks/use-catalog.ts';
import { useChange } from '../hooks/use-change.ts';
import { useFields } from '../hooks/use-fields.ts';
import { ChangeDialog } from './change-dialog.tsx';
import { ChoiceCards } from './choice-cards.tsx';

interface DialogProps {
  server: Server;
  onClose: () => void;
}

/** Another plan for a server: what would change, and what becomes of the disk. */
export function ChangePlanDialog({ server, onClose }: DialogProps) {
  const plans = usePlans();
  const [planId, setPlanId] = useState('');
  const [keepsDisk, setKeepsDisk] = useState(false);
  const resize = useChange((body: ResizeServer, key) => resizeServer(server.id, body, key), onClose);
  const plan = plans.data?.find(({ id }) => id === planId);
  const fields = useFields({ planId: plan ? null : t`Choose a plan` }, resize.error);
  const keepDisk = plan !== undefined && (plan.diskGib < server.diskGib || keepsDisk);
  return (
    <ChangeDialog
      title={t`Change the plan of ${server.name}`}
      keep={t`Cancel`}
      submit={t`Change plan`}
      fields={fields}
      canSubmit={plans.isSuccess}
      change={resize}
      onSubmit={() => resize.mutate({ planId, keepDisk })}
      onClose={onClose}
      className="wide-dialog"
    >
      {plans.data && (
        <ChoiceCards
          legend={t`Plan`}
          name="planId"
          chosen={planId}
          error={fields.wrong.planId}
          onChoose={setPlanId}
          choices={plans.data.map((one) => ({
            id: one.id,
            title: one.name,
            details: <Changes plan={one} server={server} />,
            refusal: isPresent(one, server) ? t`The present plan` : null,
          }))}
        />
      )}
      {plans.isPending && <Spinner aria-label={t`Loading`} />}
      {plans.isError && (
        <ErrorState
          title={t`Plans could not be read`}
          error={plans.error}
          onRetry={() => void plans.refetch()}
        />
      )}
      {plan && plan.diskGib !== server.diskGib && (
        <DiskChoice plan={plan} server={server} keepsDisk={keepDisk} onChange={setKeepsDisk} />
      )}
      <p className="muted">
        <Trans>
          Where processors or memory cannot be changed while the server runs, the change takes effect after a
          restart. The server’s page then says so and offers one; nothing restarts by itself.
        </Trans>
      </p>
    </ChangeDialog>
  );
}

const isPresent = (plan: Plan, server: Server): boolean =>
  plan.id === server.plan.id &&
  plan.vcpu === server.vcpu &&
  plan.memoryMib === server.memoryMib &&
  plan.diskGib === server.diskGib;

function Changes({ plan, server }: { plan: Plan; server: Server }) {
  const diskGib = Math.max(plan.diskGib, server.diskGib);
  return (
    <>
      <span>{`${fromTo(server.vcpu, plan.vcpu)} vCPU`}</span>
      <span>{t`${fromTo(formatMemory(server.memoryMib), formatMemory(plan.memoryMib))} memory`}</span>
      <span>{t`${fromTo(formatDisk(server.diskGib), formatDisk(diskGib))} disk`}</span>
    </>
  );
}

const fromTo = (from: string | number, to: string | number): string =>
  from === to ? `${to}` : `${from} → ${to}`;

function DiskChoice({
  plan,
  server,
  keepsDisk,
  onChange,
}: {
  plan: Plan;
  server: Server;
  keepsDisk: boolean;
  onChange: (keepsDisk: boolean) => void;
}) {
  const isSmaller = plan.diskGib < server.diskGib;
  return (
    <div className="disk-choice">
      <Checkbox
        checked={keepsDisk}
        disabled={isSmaller}
        aria-describedby="disk-choice-help"
        label={t`Keep the disk at ${formatDisk(server.diskGib)}`}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <p id="disk-choice-help" className="muted">
        {isSmaller
          ? t`A disk only grows. This plan has one of ${formatDisk(plan.diskGib)}, so the server keeps its own.`
          : t`A disk only grows: once it has this plan’s size it cannot be made smaller again.`}
      </p>
    </div>
  );
}
