import { Button, FormGroup, InputGroup } from '@blueprintjs/core';
import { Download } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { User } from '../../../contract/auth.ts';
import { exportData, updateProfile } from '../account-api.ts';
import { Fact, Facts } from '../components/facts.tsx';
import { LanguageSwitch } from '../components/language-switch.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { ifEmpty } from '../components/text-field.tsx';
import { useFields } from '../hooks/use-fields.ts';
import { useUser } from '../hooks/use-user.ts';
import { ROLES } from '../role-words.ts';
import { showUser } from '../session.ts';
import { saveFile } from '../save-file.ts';
import { showToast } from '../toaster.ts';

/** Who somebody is, and which accounts they take part in. */
export function ProfilePage() {
  const user = useUser();
  if (!user) return null;
  return (
    <>
      <PageTitle text={t`Profile`} />
      <h1>
        <Trans>Profile</Trans>
      </h1>
      <section className="panel">
        <h2>
          <Trans>You</Trans>
        </h2>
        <NameForm user={user} />
        <FormGroup label={t`Language`} labelFor="profile-language">
          <LanguageSwitch id="profile-language" />
        </FormGroup>
      </section>
      <Facts title={t`Your accounts`}>
        {user.accounts.map(({ id, name, role }) => (
          <Fact key={id} name={<span className="sensitive">{name}</span>}>
            {ROLES[role].title}
          </Fact>
        ))}
        {user.accounts.length === 0 && (
          <Fact name={t`None`}>
            <Trans>You take part in no account.</Trans>
          </Fact>
        )}
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
      showToast({ message: t`Your name is saved.`, intent: 'success' });
    },
  });
  const { form, wrong, rest, check } = useFields({ name: ifEmpty(name, t`Enter a name`) }, update.error);

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!update.isPending && check()) update.mutate({ name });
  }

  return (
    <form ref={form} noValidate onSubmit={submit} className="short-form" aria-label={t`Profile`}>
      <FormGroup
        label={t`E-mail`}
        labelFor="profile-email"
        helperText={
          <span id="profile-email-help">
            <Trans>Ask your provider to change it.</Trans>
          </span>
        }
      >
        <InputGroup id="profile-email" value={user.email} readOnly aria-describedby="profile-email-help" />
      </FormGroup>
      <FormGroup
        label={t`Name`}
        labelFor="profile-name"
        intent={wrong.name ? 'danger' : 'none'}
        helperText={<span id="profile-name-help">{wrong.name ?? t`What others in your accounts see.`}</span>}
      >
        <InputGroup
          id="profile-name"
          className="sensitive"
          autoComplete="name"
          maxLength={200}
          aria-describedby="profile-name-help"
          intent={wrong.name ? 'danger' : 'none'}
          aria-invalid={wrong.name !== null}
          value={name}
          onValueChange={setName}
        />
      </FormGroup>
      {rest !== null && <ProblemCallout error={rest} />}
      <Button type="submit" intent="primary" text={t`Save`} loading={update.isPending} />
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
          <h2 id="export-title">
            <Trans>Your data</Trans>
          </h2>
          <p className="muted">
            <Trans>All that is kept about you, as a JSON file. Secrets are left out.</Trans>
          </p>
        </div>
        <Button
          icon={<Download />}
          text={t`Export`}
          loading={exported.isPending}
          onClick={() => exported.mutate()}
        />
      </div>
      {exported.error && <ProblemCallout error={exported.error} />}
    </section>
  );
}
