import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { User } from '../../../contract/auth.ts';
import type { AccountRole } from '../../../contract/roles.ts';
import type { Member } from '../../../contract/team.ts';
import { useAccountChange } from '../hooks/use-account.ts';
import { useUser } from '../hooks/use-user.ts';
import { ROLES } from '../role-words.ts';
import { refreshSession } from '../session.ts';
import { changeMember, removeMember } from '../team-api.ts';
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

/** Changes one's own part in an account. */
function useOwnChange(account: Account, send: () => Promise<unknown>, onDone?: () => void) {
  const client = useQueryClient();
  const isActing = Boolean(useUser()?.actingAdmin);
  return useAccountChange(
    teamKey(account.id),
    async () => {
      await send();
      // Who one is says in which accounts, and as what; that it cannot be read now does not undo the change. An administrator
      // who looks through somebody's eyes would be themselves again.
      if (!isActing) await refreshSession().catch(() => false);
    },
    () => {
      onDone?.();
      void client.invalidateQueries();
    },
  );
}

function LeaveDialog({ account, userId, onClose }: LeaveDialogProps) {
  const leave = useOwnChange(account, async () => removeMember(account.id, userId));
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

interface OwnRoleDialogProps {
  account: Account;
  member: Member;
  wanted: AccountRole;
  onClose: () => void;
}

/** Asks before somebody gives away rights of their own, which they cannot take back. */
export function OwnRoleDialog({ account, member, wanted, onClose }: OwnRoleDialogProps) {
  const change = useOwnChange(account, async () => changeMember(account.id, member.userId, wanted), onClose);
  const [now, then] = [ROLES[member.role], ROLES[wanted]];
  return (
    <ChangeDialog
      className="narrow-dialog sensitive-title"
      title={t`Become ${then.title} of ${account.name}?`}
      keep={t`Stay ${now.title}`}
      submit={t`Become ${then.title}`}
      isHarsh
      change={change}
      onSubmit={() => change.mutate(undefined)}
      onClose={onClose}
    >
      <p>
        {`${now.title}: ${now.text}.`}
        <br />
        {`${then.title}: ${then.text}.`}
      </p>
      <p>
        <Trans>
          You and your API tokens lose the difference at once, and you cannot give it back to yourself: ask an
          owner then.
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
