import { Button, Callout, FormGroup, InputGroup, TextArea } from '@blueprintjs/core';
import { Random } from '@blueprintjs/icons';
import { useState } from 'react';
import type { Template } from '../../../contract/catalog.ts';
import type { DraftField, FieldErrors, NewServerDraft } from './new-server-form.ts';
import { suggestName } from './suggest-name.ts';

export interface FieldProps {
  draft: NewServerDraft;
  errors: FieldErrors;
  onChange: (field: DraftField, value: string) => void;
}

/** What ties an input to its error for assistive technology. */
function errorProps(field: DraftField, errors: FieldErrors) {
  const isWrong = errors[field] !== undefined;
  return {
    id: `new-${field}`,
    intent: isWrong ? ('danger' as const) : ('none' as const),
    'aria-invalid': isWrong,
    'aria-describedby': `new-${field}-help`,
  };
}

function groupProps(field: DraftField, errors: FieldErrors, help: string) {
  const error = errors[field];
  return {
    labelFor: `new-${field}`,
    intent: error ? ('danger' as const) : ('none' as const),
    helperText: <span id={`new-${field}-help`}>{error ?? help}</span>,
  };
}

/** The server's name, with another suggestion at hand. */
export function NameField({ draft, errors, onChange }: FieldProps) {
  return (
    <section className="panel">
      <FormGroup
        label="Name"
        {...groupProps('name', errors, 'Also its host name: letters, digits and hyphens')}
      >
        <InputGroup
          {...errorProps('name', errors)}
          className="name-input"
          autoComplete="off"
          spellCheck={false}
          value={draft.name}
          onValueChange={(value) => onChange('name', value)}
          rightElement={
            <Button
              variant="minimal"
              icon={<Random />}
              aria-label="Suggest another name"
              title="Suggest another name"
              onClick={() => onChange('name', suggestName())}
            />
          }
        />
      </FormGroup>
    </section>
  );
}

/** How to log in: keys, and a password for the console. */
export function AccessFields({
  draft,
  errors,
  onChange,
  template,
}: FieldProps & { template: Template | undefined }) {
  const hasNoAccess = !draft.sshKeys.trim() && !draft.password;
  return (
    <section className="panel">
      <h2>Access</h2>
      <FormGroup
        label="SSH keys"
        {...groupProps(
          'sshKeys',
          errors,
          'Public keys, one per line, from a file such as ~/.ssh/id_ed25519.pub',
        )}
      >
        <TextArea
          {...errorProps('sshKeys', errors)}
          fill
          className="code-input"
          rows={3}
          spellCheck={false}
          placeholder="ssh-ed25519 AAAA… you@laptop"
          value={draft.sshKeys}
          onChange={(event) => onChange('sshKeys', event.currentTarget.value)}
        />
      </FormGroup>
      <FormGroup
        label="Password"
        labelInfo="(optional)"
        {...groupProps(
          'password',
          errors,
          `For ${template?.defaultUser ?? 'the default user'}; at least 10 characters`,
        )}
      >
        <InputGroup
          {...errorProps('password', errors)}
          className="name-input"
          type="password"
          autoComplete="new-password"
          value={draft.password}
          onValueChange={(value) => onChange('password', value)}
        />
      </FormGroup>
      {hasNoAccess && (
        <Callout intent="warning" compact>
          Without a key or a password nobody can log in to this server.
        </Callout>
      )}
    </section>
  );
}

/** cloud-config or a script, folded away because few need it. */
export function UserDataField({ draft, errors, onChange }: FieldProps) {
  const [isOpen, setIsOpen] = useState(false);
  const isShown = isOpen || draft.userData !== '' || errors.userData !== undefined;
  if (!isShown) {
    return (
      <div>
        <Button variant="minimal" text="Add user data (cloud-init)" onClick={() => setIsOpen(true)} />
      </div>
    );
  }
  return (
    <section className="panel">
      <FormGroup
        label="User data"
        labelInfo="(optional)"
        {...groupProps('userData', errors, 'cloud-config or a script, run at the first boot')}
      >
        <TextArea
          {...errorProps('userData', errors)}
          fill
          className="code-input"
          rows={8}
          spellCheck={false}
          placeholder={'#cloud-config\npackages: [nginx]'}
          value={draft.userData}
          onChange={(event) => onChange('userData', event.currentTarget.value)}
        />
      </FormGroup>
    </section>
  );
}
