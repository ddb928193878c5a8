import { FormGroup, Radio, RadioGroup } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useQuery, type QueryKey } from '@tanstack/react-query';
import { useState } from 'react';
import type { User } from '../../../contract/auth.ts';
import { includes, PERMISSION_OF } from '../../../contract/permissions.ts';
import type { AccountRole } from '../../../contract/roles.ts';
import type { NewInvitation } from '../../../contract/team.ts';
import { listServers } from '../api.ts';
import { Select } from '../components/select.tsx';
import { TextField } from '../components/text-field.tsx';
import { useAccountChange } from '../hooks/use-account.ts';
import { useFields } from '../hooks/use-fields.ts';
import { languageStore } from '../language.ts';
import { ROLES } from '../role-words.ts';
import { invite } from '../team-api.ts';
import { ChangeDialog } from './change-dialog.tsx';

interface InviteDialogProps {
  account: User['accounts'][number];
  /** Whether the link can be mailed from here. */
  sendsMail: boolean;
  /** What has to be read again. */
  stale: QueryKey;
  onMade: (made: NewInvitation) => void;
  onClose: () => void;
}

/** Makes a link with which somebody takes part in the account, or in one server of it. */
export function InviteDialog({ account, sendsMail, stale, onMade, onClose }: InviteDialogProps) {
  const [role, setRole] = useState<AccountRole>('viewer');
  const [serverId, setServerId] = useState('');
  const [note, setNote] = useState('');
  const [email, setEmail] = useState('');
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
    async () =>
      invite(account.id, {
        role,
        note,
        ...(serverId ? { serverId } : {}),
        ...(email.trim() ? { email: email.trim(), language: languageStore.get() } : {}),
      }),
    (made) => {
      onClose();
      onMade(made);
    },
  );
  const offered = (Object.keys(ROLES) as AccountRole[]).filter(
    (one) => includes(PERMISSION_OF[account.role], PERMISSION_OF[one]) && !(serverId && one === 'owner'),
  );
  const fields = useFields(
    {
      email: /^$|@/.test(email.trim()) ? null : t`Enter an e-mail address, or none`,
      note: null,
      role: offered.includes(role) ? null : t`Choose a role`,
    },
    change.error,
  );
  const { wrong } = fields;
  return (
    <ChangeDialog
      className="narrow-dialog sensitive-title"
      title={t`Invite somebody to ${account.name}`}
      keep={t`Cancel`}
      submit={email.trim() ? t`Send the invitation` : t`Make the link`}
      fields={fields}
      change={change}
      onSubmit={() => change.mutate(undefined)}
      onClose={onClose}
      retryHint={t`It is not known whether the invitation was made. Look at the list before you try again.`}
    >
      <p>
        {sendsMail ? (
          <Trans>
            This makes a link, which is mailed to the address below; without one you send it yourself.
          </Trans>
        ) : (
          <Trans>This makes a link for you to send: no mail is set up here.</Trans>
        )}
      </p>
      {sendsMail && (
        <TextField
          label={t`E-mail`}
          isOptional
          maxLength={254}
          wrong={wrong.email}
          value={email}
          onChange={setEmail}
        />
      )}
      <FormGroup label={t`Access to`} labelFor="invite-server">
        <Select
          id="invite-server"
          value={serverId}
          onChange={(event) => setServerId(event.currentTarget.value)}
          options={[
            { value: '', label: t`the whole account` },
            ...(servers.data ?? []).map(({ id, name }) => ({ value: id, label: t`only ${name}` })),
          ]}
        />
      </FormGroup>
      {wrong.role && (
        <p className="choice-error" tabIndex={-1}>
          {wrong.role}
        </p>
      )}
      <RadioGroup
        label={t`As`}
        selectedValue={role}
        onChange={(event) => setRole(event.currentTarget.value as AccountRole)} // one of those below
      >
        {offered.map((one) => (
          <Radio key={one} value={one} label={`${ROLES[one].title}: ${ROLES[one].text}`} />
        ))}
      </RadioGroup>
      <TextField
        label={t`For`}
        isOptional
        help={t`A note for yourself: whom the link is meant for`}
        maxLength={200}
        wrong={wrong.note}
        value={note}
        onChange={setNote}
      />
    </ChangeDialog>
  );
}
