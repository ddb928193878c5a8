import { FormGroup } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { CreatePerson, PasswordLink, Person } from '../../../contract/people.ts';
import { signInAs } from '../acting.ts';
import { Select } from '../components/select.tsx';
import { ShownOnceDialog } from '../components/shown-once-dialog.tsx';
import { TextField } from '../components/text-field.tsx';
import { TimeAt } from '../components/time-at.tsx';
import { useFields } from '../hooks/use-fields.ts';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { useAdminChange } from './use-admin.ts';

interface UserDialogProps {
  user: Person;
  onClose: () => void;
}

/** Makes a link for a password, which is shown once. */
export function LinkDialog({ user: { id, email }, onClose }: UserDialogProps) {
  const [made, setMade] = useState<PasswordLink | null>(null);
  const change = useAdminChange<null, PasswordLink>(
    { path: () => `/admin/users/${id}/password-link` },
    { onDone: setMade, isRefusalShown: true },
  );
  if (made) return <MadeLink email={email} made={made} onClose={onClose} />;
  return (
    <ChangeDialog
      title={t`A password link for ${email}?`}
      keep={t`Cancel`}
      submit={t`Make the link`}
      change={change}
      onSubmit={() => change.mutate(null)}
      onClose={onClose}
    >
      <p>
        <Trans>
          Whoever has the link sets the password of this user, once, and all of their sessions end then. Until
          it is used their present password goes on working.
        </Trans>
      </p>
    </ChangeDialog>
  );
}

function MadeLink({ email, made, onClose }: { email: string; made: PasswordLink; onClose: () => void }) {
  return (
    <ShownOnceDialog
      title={t`Link for ${email}`}
      warning={t`Send it to ${email} and nobody else. It is shown only now.`}
      secret={made.link}
      label={t`the link`}
      onClose={onClose}
    >
      <p className="muted">
        <Trans>
          It can be used until <TimeAt iso={made.expiresAt} />.
        </Trans>
      </p>
    </ShownOnceDialog>
  );
}

/** Keeps somebody from logging in, or lets them again. */
export function DisableDialog({ user: { id, email, disabledAt }, onClose }: UserDialogProps) {
  const isDisabled = disabledAt !== null;
  const change = useAdminChange<null>(
    { path: () => `/admin/users/${id}`, method: 'PATCH', body: () => ({ disabled: !isDisabled }) },
    { onDone: onClose, isRefusalShown: true },
  );
  return (
    <ChangeDialog
      title={isDisabled ? t`Enable ${email}?` : t`Disable ${email}?`}
      keep={t`Leave it as it is`}
      submit={isDisabled ? t`Enable user` : t`Disable user`}
      isHarsh={!isDisabled}
      change={change}
      onSubmit={() => change.mutate(null)}
      onClose={onClose}
    >
      <p>
        {isDisabled
          ? t`They can log in again with the password they had.`
          : t`They are logged out everywhere at once and cannot log in. Their servers run on, and other members of their accounts are not affected.`}
      </p>
    </ChangeDialog>
  );
}

/** Explains what looking through somebody's eyes means before it begins. */
export function SignInAsDialog({ user: { id, email }, onClose }: UserDialogProps) {
  const navigate = useNavigate();
  const change = useMutation({
    mutationFn: async () => signInAs(id),
    onSuccess: async () => navigate('/'),
  });
  return (
    <ChangeDialog
      title={t`Sign in as ${email}?`}
      keep={t`Stay yourself`}
      submit={t`Sign in as this user`}
      change={change}
      onSubmit={() => change.mutate()}
      onClose={onClose}
    >
      <p>
        <Trans>
          You see in this tab what they see, for an hour at most. Everything you do is done in their name and
          recorded with yours. Passwords, keys and tokens of the account stay out of reach.
        </Trans>
      </p>
    </ChangeDialog>
  );
}

/** Adds somebody, and shows the link by which they set a password. */
export function AddUserDialog({ onClose }: { onClose: () => void }) {
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState<Person['role']>('customer');
  const [made, setMade] = useState<PasswordLink | null>(null);
  const change = useAdminChange<CreatePerson, { passwordLink: PasswordLink }>(
    { path: () => '/admin/users', body: (input) => input },
    { onDone: ({ passwordLink }) => setMade(passwordLink), isRefusalShown: true },
  );
  const fields = useFields(
    { email: email.includes('@') ? null : t`Enter an e-mail address`, name: null },
    change.error,
  );
  const { wrong } = fields;
  if (made) return <MadeLink email={email.trim()} made={made} onClose={onClose} />;
  return (
    <ChangeDialog
      title={t`Add a user`}
      keep={t`Cancel`}
      submit={t`Add user`}
      fields={fields}
      change={change}
      onSubmit={() => change.mutate({ email: email.trim(), name: name.trim(), role })}
      onClose={onClose}
    >
      <TextField label={t`E-mail`} wrong={wrong.email} value={email} onChange={setEmail} autoFocus />
      <TextField
        label={t`Name`}
        help={t`Also of the account they get`}
        wrong={wrong.name}
        value={name}
        onChange={setName}
      />
      <FormGroup label={t`Kind`} labelFor="user-role">
        <Select
          id="user-role"
          value={role}
          options={[
            { value: 'customer', label: t`Customer, with an account of their own` },
            { value: 'admin', label: t`Administrator of this Berth` },
          ]}
          onChange={(event) => setRole(event.currentTarget.value === 'admin' ? 'admin' : 'customer')}
        />
      </FormGroup>
    </ChangeDialog>
  );
}
