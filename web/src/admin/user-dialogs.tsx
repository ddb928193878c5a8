import { FormGroup, HTMLSelect } from '@blueprintjs/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { CreatePerson, PasswordLink, Person } from '../../../contract/people.ts';
import { signInAs } from '../acting.ts';
import { ShownOnceDialog } from '../components/shown-once-dialog.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { TextField } from './text-field.tsx';
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
      title={`A password link for ${email}?`}
      keep="Cancel"
      submit="Make the link"
      change={change}
      onSubmit={() => change.mutate(null)}
      onClose={onClose}
    >
      <p>
        Whoever has the link sets the password of this user, once, and all of their sessions end then. Until
        it is used their present password goes on working.
      </p>
    </ChangeDialog>
  );
}

function MadeLink({ email, made, onClose }: { email: string; made: PasswordLink; onClose: () => void }) {
  return (
    <ShownOnceDialog
      title={`Link for ${email}`}
      warning={`Send it to ${email} and nobody else. It is shown only now.`}
      secret={made.link}
      label="the link"
      onClose={onClose}
    >
      <p className="muted">
        It can be used until <TimeAgo iso={made.expiresAt} />.
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
      title={`${isDisabled ? 'Enable' : 'Disable'} ${email}?`}
      keep="Leave it as it is"
      submit={isDisabled ? 'Enable user' : 'Disable user'}
      isHarsh={!isDisabled}
      change={change}
      onSubmit={() => change.mutate(null)}
      onClose={onClose}
    >
      <p>
        {isDisabled
          ? 'They can log in again with the password they had.'
          : 'They are logged out everywhere at once and cannot log in. Their servers run on, and other members of their accounts are not affected.'}
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
      title={`Sign in as ${email}?`}
      keep="Stay yourself"
      submit="Sign in as this user"
      change={change}
      onSubmit={() => change.mutate()}
      onClose={onClose}
    >
      <p>
        You see in this tab what they see, for an hour at most. Everything you do is done in their name and
        recorded with yours. Passwords, keys and tokens of the account stay out of reach.
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
  if (made) return <MadeLink email={email.trim()} made={made} onClose={onClose} />;
  return (
    <ChangeDialog
      title="Add a user"
      keep="Cancel"
      submit="Add user"
      isReady={email.includes('@')}
      change={change}
      onSubmit={() => change.mutate({ email: email.trim(), name: name.trim(), role })}
      onClose={onClose}
    >
      <TextField label="E-mail" value={email} onChange={setEmail} autoFocus />
      <TextField label="Name" help="Also of the account they get" value={name} onChange={setName} />
      <FormGroup label="Kind" labelFor="user-role">
        <HTMLSelect
          id="user-role"
          value={role}
          options={[
            { value: 'customer', label: 'Customer, with an account of their own' },
            { value: 'admin', label: 'Administrator of this Berth' },
          ]}
          onChange={(event) => setRole(event.currentTarget.value === 'admin' ? 'admin' : 'customer')}
        />
      </FormGroup>
    </ChangeDialog>
  );
}
