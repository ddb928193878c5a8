import { Button, FormGroup, InputGroup } from '@blueprintjs/core';
import { Download } from '@blueprintjs/icons';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { User } from '../../../contract/auth.ts';
import { exportData, updateProfile } from '../account-api.ts';
import { fieldIssue } from '../api-error.ts';
import { Fact, Facts } from '../components/facts.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { useUser } from '../hooks/use-user.ts';
import { showUser } from '../session.ts';
import { saveFile } from '../save-file.ts';
import { showToast } from '../toaster.tsx';

/** Who somebody is, and which accounts they take part in. */
export function ProfilePage() {
  const user = useUser();
  if (!user) return null;
  return (
    <>
      <PageTitle text="Profile" />
      <h1>Profile</h1>
      <section className="panel">
        <h2>You</h2>
        <NameForm user={user} />
      </section>
      <Facts title="Your accounts">
        {user.accounts.map(({ id, name, role }) => (
          <Fact key={id} name={name}>
            {role}
          </Fact>
        ))}
        {user.accounts.length === 0 && <Fact name="None">You take part in no account.</Fact>}
      </Facts>
      <ExportPanel />
    </>
  );
}

function NameForm({ user }: { user: User }) {
  const [name, setName] = useState(user.name);
  const update = useMutation({
    mutationFn: updateProfile,
    onSuccess: (changed) => {
      showUser(changed);
      setName(changed.name);
      showToast({ message: 'Your name is changed.', intent: 'success' });
    },
  });
  const wrong = fieldIssue(update.error, 'name');
  const isNew = name.trim() !== '' && name.trim() !== user.name;

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (isNew && !update.isPending) update.mutate({ name });
  }

  return (
    <form onSubmit={submit} className="short-form" aria-label="Profile">
      <FormGroup
        label="E-mail"
        labelFor="profile-email"
        helperText={<span id="profile-email-help">Ask your provider to change it.</span>}
      >
        <InputGroup id="profile-email" value={user.email} readOnly aria-describedby="profile-email-help" />
      </FormGroup>
      <FormGroup
        label="Name"
        labelFor="profile-name"
        intent={wrong ? 'danger' : 'none'}
        helperText={<span id="profile-name-help">{wrong ?? 'What others in your accounts see.'}</span>}
      >
        <InputGroup
          id="profile-name"
          autoComplete="name"
          maxLength={200}
          aria-describedby="profile-name-help"
          aria-invalid={wrong !== null}
          value={name}
          onValueChange={setName}
        />
      </FormGroup>
      {update.error && !wrong && <ProblemCallout error={update.error} />}
      <Button type="submit" intent="primary" text="Save" disabled={!isNew} loading={update.isPending} />
    </form>
  );
}

/** All that Berth keeps about somebody, to take away. */
function ExportPanel() {
  const exported = useMutation({
    mutationFn: exportData,
    onSuccess: (text) => saveFile('berth-data.json', text),
  });
  return (
    <section className="panel" aria-labelledby="export-title">
      <div className="panel-head">
        <div>
          <h2 id="export-title">Your data</h2>
          <p className="muted">All that is kept about you, as a JSON file. Secrets are left out.</p>
        </div>
        <Button
          icon={<Download />}
          text="Export"
          loading={exported.isPending}
          onClick={() => exported.mutate()}
        />
      </div>
      {exported.error && <ProblemCallout error={exported.error} />}
    </section>
  );
}
