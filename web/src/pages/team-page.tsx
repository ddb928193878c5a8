import { Button, Spinner } from '@blueprintjs/core';
import { Plus } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import type { User } from '../../../contract/auth.ts';
import { includes, PERMISSION_OF } from '../../../contract/permissions.ts';
import type { AccountRole } from '../../../contract/roles.ts';
import type { Guest, Member, NewInvitation, Team } from '../../../contract/team.ts';
import { ErrorState } from '../components/error-state.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { Select } from '../components/select.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { useAccountChange } from '../hooks/use-account.ts';
import { useUser } from '../hooks/use-user.ts';
import { ROLES } from '../role-words.ts';
import { changeMember, getTeam, removeGuest } from '../team-api.ts';
import { showToast } from '../toaster.ts';
import { InvitationRow } from './invitation-row.tsx';
import { InviteDialog } from './invite-dialog.tsx';
import { ShowInvitationDialog } from './show-invitation-dialog.tsx';
import { MemberDialog, OwnRoleDialog, RemoveDialog, teamKey } from './team-dialogs.tsx';

type Account = User['accounts'][number];

/** Who takes part in an account of the caller's. */
export function TeamPage() {
  const accounts = useUser()?.accounts ?? [];
  const [params, setParams] = useSearchParams();
  const account = accounts.find(({ id }) => id === params.get('account')) ?? accounts[0];
  return (
    <>
      <PageTitle text={t`Team`} />
      <div className="page-head">
        <div>
          <h1>
            <Trans>Team</Trans>
          </h1>
          <span className="muted sensitive">
            <Trans>Who takes part in {account?.name ?? t`an account`}, and as what.</Trans>
          </span>
        </div>
        {accounts.length > 1 && account && (
          <Select
            className="sensitive"
            aria-label={t`Account`}
            value={account.id}
            onChange={(event) => setParams({ account: event.currentTarget.value })}
            options={accounts.map(({ id, name }) => ({ value: id, label: name }))}
          />
        )}
      </div>
      {account ? (
        <TeamOf key={account.id} account={account} />
      ) : (
        <p>
          <Trans>You take part in no account.</Trans>
        </p>
      )}
    </>
  );
}

function TeamOf({ account }: { account: Account }) {
  const team = useQuery({
    queryKey: teamKey(account.id),
    queryFn: ({ signal }) => getTeam(account.id, signal),
    staleTime: 0,
    // What becomes of a mail is told by no event.
    refetchInterval: ({ state }) =>
      state.data?.invitations.some(({ mail }) => mail === 'sending') ? 3_000 : false,
  });
  const [isInviting, setIsInviting] = useState(false);
  const [made, setMade] = useState<NewInvitation | null>(null);
  if (team.isPending) return <Spinner className="page-spinner" aria-label={t`Loading the team`} />;
  if (!team.data)
    return (
      <ErrorState
        title={t`The team cannot be shown`}
        error={team.error}
        onRetry={() => void team.refetch()}
      />
    );
  const mayManage = includes(PERMISSION_OF[account.role], 'manage');
  return (
    <>
      <section className="panel" aria-label={t`Members`}>
        <div className="panel-head">
          <h2>
            <Trans>Members</Trans>
          </h2>
          {mayManage && (
            <Button intent="primary" icon={<Plus />} text={t`Invite`} onClick={() => setIsInviting(true)} />
          )}
        </div>
        <ul className="row-list" aria-label={t`Members`}>
          {team.data.members.map((member) => (
            <MemberRow key={member.userId} account={account} member={member} />
          ))}
        </ul>
      </section>
      <Rest team={team.data} account={account} mayManage={mayManage} />
      {isInviting && (
        <InviteDialog
          account={account}
          sendsMail={team.data.sendsMail}
          stale={teamKey(account.id)}
          onMade={setMade}
          onClose={() => setIsInviting(false)}
        />
      )}
      {made && <ShowInvitationDialog made={made} onClose={() => setMade(null)} />}
    </>
  );
}

function MemberRow({ account, member }: { account: Account; member: Member }) {
  const { userId, email, name, role, since } = member;
  const me = useUser();
  const change = useRoleChange(account.id, member);
  const [isAsked, setIsAsked] = useState(false);
  const [wanted, setWanted] = useState<AccountRole | null>(null);
  const isMe = me?.id === userId;
  const held = PERMISSION_OF[account.role];
  const mayChange = includes(held, 'manage') && includes(held, PERMISSION_OF[role]);
  const offered = (Object.keys(ROLES) as AccountRole[]).filter((one) => includes(held, PERMISSION_OF[one]));
  return (
    <li>
      <div className="row-main">
        <div className="row-title">{isMe ? t`${email} (you)` : email}</div>
        <span className="second-line">
          {name && (
            <>
              <span className="sensitive">{name}</span> ·{' '}
            </>
          )}
          <Trans>
            joined <TimeAgo iso={since} />
          </Trans>
          {!mayChange && ` · ${ROLES[role].title}`}
        </span>
        {change.error && <ProblemCallout error={change.error} />}
      </div>
      <div className="button-row row-end">
        {mayChange && (
          <Select
            aria-label={t`Role of ${email}`}
            value={change.isPending ? change.variables.to : role}
            onChange={(event) => {
              const chosen = event.currentTarget.value as AccountRole; // its options
              if (isMe) setWanted(chosen);
              else if (!change.isPending) change.mutate({ from: role, to: chosen });
            }}
            options={offered.map((one) => ({ value: one, label: ROLES[one].title }))}
          />
        )}
        {(mayChange || isMe) && (
          <Button
            text={isMe ? t`Leave` : t`Remove`}
            aria-label={isMe ? t`Leave ${account.name}` : t`Remove ${email}`}
            onClick={() => setIsAsked(true)}
          />
        )}
      </div>
      {wanted && (
        <OwnRoleDialog account={account} member={member} wanted={wanted} onClose={() => setWanted(null)} />
      )}
      {isAsked && (
        <MemberDialog account={account} member={member} isMe={isMe} onClose={() => setIsAsked(false)} />
      )}
    </li>
  );
}

/** Gives a member another role, and offers to take that back. */
function useRoleChange(accountId: string, { userId, email }: Member) {
  const client = useQueryClient();
  const queryKey = teamKey(accountId);
  return useAccountChange(
    queryKey,
    async ({ to }: { from: AccountRole; to: AccountRole }) => changeMember(accountId, userId, to),
    (_, { from, to }) =>
      showToast({
        key: `role-${userId}`,
        message: t`${email} is now: ${ROLES[to].title}.`,
        intent: 'success',
        undo: () => {
          // Perhaps from another page, where only a toast can say that it was refused.
          changeMember(accountId, userId, from)
            .catch((error: Error) => showToast({ message: error.message, intent: 'danger' }))
            .finally(() => void client.invalidateQueries({ queryKey }));
        },
      }),
  );
}

function Rest({ team, account, mayManage }: { team: Team; account: Account; mayManage: boolean }) {
  return (
    <>
      {team.guests.length > 0 && (
        <section className="panel" aria-label={t`Guests`}>
          <h2>
            <Trans>Guests of single servers</Trans>
          </h2>
          <ul className="row-list" aria-label={t`Guests`}>
            {team.guests.map((guest) => (
              <GuestRow
                key={guest.userId + guest.serverId}
                account={account}
                guest={guest}
                mayManage={mayManage}
              />
            ))}
          </ul>
        </section>
      )}
      {team.invitations.length > 0 && (
        <section className="panel" aria-label={t`Invitations`}>
          <h2>
            <Trans>Open invitations</Trans>
          </h2>
          <ul className="row-list" aria-label={t`Invitations`}>
            {team.invitations.map((invitation) => (
              <InvitationRow
                key={invitation.id}
                accountId={account.id}
                stale={teamKey(account.id)}
                invitation={invitation}
                mayManage={mayManage}
                sendsMail={team.sendsMail}
              />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

interface RowProps {
  account: Account;
  mayManage: boolean;
}

function GuestRow({ account, guest, mayManage }: RowProps & { guest: Guest }) {
  const [isAsked, setIsAsked] = useState(false);
  return (
    <li>
      <div className="row-main">
        <div className="row-title">{guest.email}</div>
        <span className="second-line">
          <Trans>
            {ROLES[guest.role].title} of {guest.serverName}, joined <TimeAgo iso={guest.since} />
          </Trans>
        </span>
      </div>
      {mayManage && (
        <Button
          className="row-end"
          text={t`Remove`}
          aria-label={t`Share ${guest.serverName} with ${guest.email} no more`}
          onClick={() => setIsAsked(true)}
        />
      )}
      {isAsked && (
        <RemoveDialog
          account={account}
          title={t`Remove ${guest.email} from ${guest.serverName}?`}
          remove={async () => removeGuest(account.id, guest)}
          onClose={() => setIsAsked(false)}
        >
          <Trans>They and their API tokens do not reach this server any more.</Trans>
        </RemoveDialog>
      )}
    </li>
  );
}
