import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { User } from '../../../contract/auth.ts';
import type { Member } from '../../../contract/team.ts';
import { useAccountChange } from '../hooks/use-account.ts';
import { useUser } from '../hooks/use-user.ts';
import { refreshSession } from '../session.ts';
import { removeMember } from '../team-api.ts';
import { ChangeDialog } from './change-dialog.tsx';

type Account = User['accounts'][number];
export const teamKey = (accountId: string) => ['account', 'team', accountId];

interface MemberDialogProps {
  account: Account;
  member: Member;
  isMe: boolean;
  onClose: () => void;
}

/** Asks before somebody leaves an account, or is taken out of it, and says what they lose. */
export function MemberDialog({ account, member, isMe, onClose }: MemberDialogProps) {
  const { userId, email } = member;
  if (isMe) return <LeaveDialog account={account} userId={userId} onClose={onClose} />;
  return (
    <RemoveDialog
      account={account}
      title={t`Remove ${email}?`}
      remove={async () => removeMember(account.id, userId)}
      onClose={onClose}
    >
      <Trans>
        They and their API tokens reach no server of <span className="sensitive">{account.name}</span> any
        more, but for those shared with them singly.
      </Trans>
    </RemoveDialog>
  );
}

interface LeaveDialogProps {
  account: Account;
  userId: string;
  onClose: () => void;
}

function LeaveDialog({ account, userId, onClose }: LeaveDialogProps) {
  const client = useQueryClient();
  const isActing = Boolean(useUser()?.actingAdmin);
  const leave = useAccountChange(
    teamKey(account.id),
    async () => {
      await removeMember(account.id, userId);
      // Who one is says in which accounts; that it cannot be read now does not bring this one back. An administrator who looks
      // through somebody's eyes would be themselves again.
      if (!isActing) await refreshSession().catch(() => false);
    },
    () => void client.invalidateQueries(),
  );
  return (
    <ChangeDialog
      className="narrow-dialog sensitive-title"
      title={t`Leave ${account.name}?`}
      keep={t`Stay`}
      submit={t`Leave account`}
      isHarsh
      change={leave}
      onSubmit={() => leave.mutate(undefined)}
      onClose={onClose}
    >
      <p>
        <Trans>
          You and your API tokens reach none of its servers any more. They run on. To come back you need a new
          invitation.
        </Trans>
      </p>
    </ChangeDialog>
  );
}

interface RemoveDialogProps {
  account: Account;
  title: string;
  remove: () => Promise<unknown>;
  onClose: () => void;
  /** What they lose. */
  children: ReactNode;
}

/** Asks before somebody else is taken out of an account or of a server. */
export function RemoveDialog({ account, title, remove, onClose, children }: RemoveDialogProps) {
  const change = useAccountChange(teamKey(account.id), remove, onClose);
  return (
    <ChangeDialog
      title={title}
      keep={t`Leave it as it is`}
      submit={t`Remove`}
      isHarsh
      change={change}
      onSubmit={() => change.mutate(undefined)}
      onClose={onClose}
    >
      <p>
        {children}{' '}
        <Trans>What runs goes on. SSH keys of theirs inside servers stay valid: remove them there.</Trans>
      </p>
    </ChangeDialog>
  );
}
