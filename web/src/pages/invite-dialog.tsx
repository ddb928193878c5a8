import { FormGroup, HTMLSelect, InputGroup, Radio, RadioGroup } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useQuery, type QueryKey } from '@tanstack/react-query';
import { useState } from 'react';
import type { User } from '../../../contract/auth.ts';
import { includes, PERMISSION_OF } from '../../../contract/permissions.ts';
import type { AccountRole } from '../../../contract/roles.ts';
import type { NewInvitation } from '../../../contract/team.ts';
import { listServers } from '../api.ts';
import { useAccountChange } from '../hooks/use-account.ts';
import { ROLES } from '../role-words.ts';
import { invite } from '../team-api.ts';
import { ChangeDialog } from './change-dialog.tsx';

interface InviteDialogProps {
  account: User['accounts'][number];
  /** What has to be read again. */
  stale: QueryKey;
  onMade: (made: NewInvitation) => void;
  onClose: () => void;
}

/** Makes a link with which somebody takes part in the account, or in one server of it. */
export function InviteDialog({ account, stale, onMade, onClose }: InviteDialogProps) {
  const [role, setRole] = useState<AccountRole>('viewer');
  const [serverId, setServerId] = useState('');
  const [note, setNote] = useState('');
  const servers = useQuery({
    queryKey: ['account', 'servers', account.id],
    queryFn: async ({ signal }) =>
      (
        await listServers(
          { search: '', status: '', sort: 'name', label: '', account: account.id },
          null,
          signal,
        )
      ).items,
  });
  const change = useAccountChange(
    stale,
    async () => invite(account.id, { role, note, ...(serverId ? { serverId } : {}) }),
    (made) => {
      onClose();
      onMade(made);
    },
  );
  const offered = (Object.keys(ROLES) as AccountRole[]).filter(
    (one) => includes(PERMISSION_OF[account.role], PERMISSION_OF[one]) && !(serverId && one === 'owner'),
  );
  return (
    <ChangeDialog
      className="narrow-dialog sensitive-title"
      title={t`Invite somebody to ${account.name}`}
      keep={t`Cancel`}
      submit={t`Make the link`}
      isReady={offered.includes(role)}
      change={change}
      onSubmit={() => change.mutate(undefined)}
      onClose={onClose}
    >
      <p>
        <Trans>This makes a link for you to send; no message is sent from here.</Trans>
      </p>
      <FormGroup label={t`To`} labelFor="invite-server">
        <HTMLSelect
          id="invite-server"
          value={serverId}
          onChange={(event) => setServerId(event.currentTarget.value)}
          options={[
            { value: '', label: t`the whole account` },
            ...(servers.data ?? []).map(({ id, name }) => ({ value: id, label: t`only ${name}` })),
          ]}
        />
      </FormGroup>
      <RadioGroup
        label={t`As`}
        selectedValue={role}
        onChange={(event) => setRole(event.currentTarget.value as AccountRole)} // one of those below
      >
        {offered.map((one) => (
          <Radio key={one} value={one} label={`${ROLES[one].title}: ${ROLES[one].text}`} />
        ))}
      </RadioGroup>
      <FormGroup
        label={t`For`}
        labelInfo={t`(optional)`}
        labelFor="invite-note"
        helperText={t`A note for yourself: whom the link is meant for`}
      >
        <InputGroup
          id="invite-note"
          maxLength={200}
          autoComplete="off"
          value={note}
          onValueChange={setNote}
        />
      </FormGroup>
    </ChangeDialog>
  );
}
