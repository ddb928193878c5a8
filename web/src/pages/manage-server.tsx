import { Button, Classes, Tag } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type ComponentType, type ReactNode, lazy, Suspense, useId, useState } from 'react';
import { Link } from 'react-router';
import type { Server } from '../../../contract/servers.ts';
import { OnTheWay } from '../components/on-the-way.tsx';
import { formatDisk, formatMemory } from '../format-size.ts';
import { useForbidden } from '../hooks/use-forbidden.ts';
import { useIsAdmin } from '../hooks/use-is-admin.ts';
import { blockedBecause } from './blocked-because.ts';
import { ProtectionSwitch } from './protection-switch.tsx';
import { ROLE_REFUSAL_ID } from './role-refusal.tsx';

type Dialog = ComponentType<{ server: Server; onClose: () => void }>;

/** Few visits change anything, so each dialog comes when it is asked for. */
const DIALOGS = {
  plan: lazy(async () => ({ default: (await import('./change-plan-dialog.tsx')).ChangePlanDialog })),
  password: lazy(async () => ({
    default: (await import('./reset-password-dialog.tsx')).ResetPasswordDialog,
  })),
  labels: lazy(async () => ({ default: (await import('./labels-dialog.tsx')).LabelsDialog })),
  rescue: lazy(async () => ({ default: (await import('./rescue-dialog.tsx')).RescueDialog })),
  rebuild: lazy(async () => ({ default: (await import('./rebuild-dialog.tsx')).RebuildDialog })),
  suspend: lazy(async () => ({ default: (await import('./suspend-dialog.tsx')).SuspendDialog })),
  lift: lazy(async () => ({ default: (await import('./lift-suspension-dialog.tsx')).LiftSuspensionDialog })),
  move: lazy(async () => ({ default: (await import('./move-dialog.tsx')).MoveDialog })),
} satisfies Record<string, Dialog>;
type DialogName = keyof typeof DIALOGS;

const BLOCKED_ID = 'manage-blocked';

function sizeOf({ plan, vcpu, memoryMib, diskGib }: Server): string {
  const [name, memory, disk] = [plan.name, formatMemory(memoryMib), formatDisk(diskGib)];
  return t`${name}: ${vcpu} vCPU, ${memory} memory, ${disk} disk.`;
}

/** What else can be done with a server; nothing with one that was not built, but for whoever looks what is left of it. */
export function ManageServer({ server }: { server: Server }) {
  const isAdmin = useIsAdmin();
  if (server.status === 'cancelled' || (server.status === 'failed' && !isAdmin)) return null;
  if (server.status !== 'failed') return <Deeds server={server} />;
  return (
    <section className="panel manage" aria-label={t`For administrators`}>
      <ToComparison server={server} />
    </section>
  );
}

/** What cannot be done now says why. */
function Deeds({ server }: { server: Server }) {
  const [asked, setAsked] = useState<DialogName | null>(null);
  const isAdmin = useIsAdmin();
  const blocked = blockedBecause(server);
  const forbidden = useForbidden();
  const [mayOperate, mayManage] = [
    forbidden(server, 'operate') === null,
    forbidden(server, 'manage') === null,
  ];
  const inRescue = server.rescue ? t`Leave the rescue system first.` : null;
  const AskedDialog = asked && DIALOGS[asked];
  return (
    <section className="panel manage" aria-labelledby="manage-title">
      <h2 id="manage-title">
        <Trans>Manage</Trans>
      </h2>
      {blocked && (
        <p id={BLOCKED_ID} className="muted">
          {blocked}
        </p>
      )}
      <Deed
        label={t`Change plan`}
        about={sizeOf(server)}
        isForbidden={!mayManage}
        isBlocked={blocked !== null}
        onAsk={() => setAsked('plan')}
      />
      <Deed
        label={t`Reset password`}
        about={t`Sets a new password for ${server.defaultUser ?? t`the user`} inside.`}
        isForbidden={!mayOperate}
        isBlocked={blocked !== null}
        obstacle={inRescue}
        onAsk={() => setAsked('password')}
      />
      <Deed
        label={server.rescue ? t`Leave rescue system` : t`Boot rescue system`}
        about={
          server.rescue
            ? t`Restarts the server from its own disk.`
            : t`For a system that does not boot any more: restarts the server from a medium of your provider.`
        }
        isForbidden={!mayOperate}
        isBlocked={blocked !== null}
        onAsk={() => setAsked('rescue')}
      />
      <Deed
        label={t`Edit labels`}
        about={<Labels labels={server.labels} />}
        isForbidden={!mayOperate}
        isBlocked={server.status === 'deleting'}
        onAsk={() => setAsked('labels')}
      />
      <Deed
        label={t`Rebuild`}
        about={t`Erases the disk and installs a fresh system. Id, addresses and SSH keys are kept.`}
        isForbidden={!mayManage}
        isBlocked={blocked !== null}
        obstacle={inRescue ?? unfitForRebuild(server)}
        isHarsh
        onAsk={() => setAsked('rebuild')}
      />
      <ProtectionSwitch server={server} field="rebuildProtection" />
      {isAdmin && <ProviderDeeds server={server} onAsk={setAsked} />}
      {AskedDialog && (
        <Suspense fallback={<OnTheWay />}>
          <AskedDialog server={server} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </section>
  );
}

function unfitForRebuild({ rebuildProtection, template }: Server): string | null {
  if (rebuildProtection)
    return t`This server is protected against rebuilding. Switch the protection off first.`;
  return template.id ? null : t`Berth did not build this server, so it cannot rebuild it.`;
}

/** What only administrators may do; a suspension is no hindrance to moving. */
function ProviderDeeds({ server, onAsk }: { server: Server; onAsk: (name: DialogName) => void }) {
  const isSuspended = server.status === 'suspended';
  const blocked = blockedBecause(server);
  const isMoveBlocked = blocked !== null && !(isSuspended && !server.operation);
  return (
    <div className="manage-provider" role="group" aria-labelledby="provider-title">
      <h3 id="provider-title">
        <Trans>For administrators</Trans>
      </h3>
      {isSuspended ? (
        <Deed
          label={t`Lift suspension`}
          about={t`Gives the server back, with the power state it had.`}
          isBlocked={isMoveBlocked}
          onAsk={() => onAsk('lift')}
        />
      ) : (
        <Deed
          label={t`Suspend`}
          about={t`Shuts the server down and keeps it down; its owner is told the reason.`}
          isBlocked={blocked !== null}
          isHarsh
          onAsk={() => onAsk('suspend')}
        />
      )}
      <Deed
        label={t`Move to another node`}
        about={server.node ? t`It is on ${server.node}.` : t`Its node is not known.`}
        isBlocked={isMoveBlocked}
        onAsk={() => onAsk('move')}
      />
      <ToComparison server={server} />
    </div>
  );
}

function ToComparison({ server }: { server: Server }) {
  return (
    <div className="deed">
      <span className="muted">
        <Trans>What Berth’s record and the VM on Proxmox VE say, field by field.</Trans>
      </span>
      <Link className={Classes.BUTTON} to={`/admin/servers/${server.id}/truth`}>
        <Trans>Compare with Proxmox VE</Trans>
      </Link>
    </div>
  );
}

interface DeedProps {
  label: string;
  about: ReactNode;
  /** One's role does not allow it, as is said once on the page. */
  isForbidden?: boolean;
  /** Nothing can be done now, for the reason that is said once above. */
  isBlocked: boolean;
  /** Why this cannot be done beside that; null when it can. */
  obstacle?: string | null;
  isHarsh?: boolean;
  onAsk: () => void;
}

function Deed({
  label,
  about,
  isForbidden = false,
  isBlocked,
  obstacle = null,
  isHarsh = false,
  onAsk,
}: DeedProps) {
  const id = useId();
  const reasons = [...(isForbidden ? [ROLE_REFUSAL_ID] : []), ...(isBlocked ? [BLOCKED_ID] : [])];
  return (
    <div className="deed">
      <span id={id} className="muted">
        {obstacle ?? about}
      </span>
      <Button
        text={label}
        intent={isHarsh ? 'danger' : 'none'}
        variant={isHarsh ? 'outlined' : 'solid'}
        disabled={reasons.length > 0 || obstacle !== null}
        aria-describedby={[...reasons, id].join(' ')}
        onClick={onAsk}
      />
    </div>
  );
}

function Labels({ labels }: { labels: Server['labels'] }) {
  const entries = Object.entries(labels);
  if (entries.length === 0) return t`No labels.`;
  return (
    <span className="labels">
      {entries.map(([key, value]) => (
        <Tag key={key} minimal>{`${key}=${value}`}</Tag>
      ))}
    </span>
  );
}
