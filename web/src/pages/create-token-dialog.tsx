import { Checkbox, FormGroup, InputGroup, Radio, RadioGroup, TextArea } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { ApiToken, NewApiToken } from '../../../contract/account.ts';
import { createApiToken } from '../account-api.ts';
import { fieldIssue } from '../api-error.ts';
import { Select } from '../components/select.tsx';
import { TOKENS_KEY, useAccountChange } from '../hooks/use-account.ts';
import { useIsAdmin } from '../hooks/use-is-admin.ts';
import { ChangeDialog } from './change-dialog.tsx';
import { PERMISSIONS } from './permission-words.ts';

const DAY_MS = 86_400_000;
const LIFETIMES = [
  {
    value: '30',
    get label() {
      return t`In 30 days`;
    },
  },
  {
    value: '90',
    get label() {
      return t`In 90 days`;
    },
  },
  {
    value: '365',
    get label() {
      return t`In a year`;
    },
  },
  {
    value: '',
    get label() {
      return t`Never`;
    },
  },
];

interface CreateTokenDialogProps {
  onMade: (token: NewApiToken) => void;
  onClose: () => void;
}

/** Asks what a new token is for and what it may do. */
export function CreateTokenDialog({ onMade, onClose }: CreateTokenDialogProps) {
  const [name, setName] = useState('');
  const [permission, setPermission] = useState<ApiToken['permission']>('view');
  const [days, setDays] = useState('90');
  const [sources, setSources] = useState('');
  const [isStaff, setIsStaff] = useState(false);
  const isAdmin = useIsAdmin();
  const create = useAccountChange(TOKENS_KEY, createApiToken, onMade);
  const wrong = { name: fieldIssue(create.error, 'name'), sources: fieldIssue(create.error, 'sources') };

  function submit(): void {
    const networks = sources.split(/[\s,]+/).filter(Boolean);
    create.mutate({
      name,
      permission,
      isStaff,
      ...(networks.length > 0 ? { sources: networks } : {}),
      ...(days === '' ? {} : { expiresAt: new Date(Date.now() + Number(days) * DAY_MS).toISOString() }),
    });
  }

  return (
    <ChangeDialog
      title={t`Create API token`}
      keep={t`Cancel`}
      submit={t`Create token`}
      isReady={name.trim() !== ''}
      change={{ isPending: create.isPending, error: wrong.name || wrong.sources ? null : create.error }}
      retryHint={t`It is not known whether a token was made. If one you never saw is in the list, revoke it.`}
      onSubmit={submit}
      onClose={onClose}
    >
      <NameField name={name} wrong={wrong.name} onChange={setName} />
      <RadioGroup
        label={t`What it may do`}
        selectedValue={permission}
        onChange={(event) => setPermission(event.currentTarget.value as ApiToken['permission'])}
      >
        {Object.entries(PERMISSIONS).map(([value, { title, text }]) => (
          <Radio key={value} value={value} labelElement={<PermissionLabel title={title} text={text} />} />
        ))}
      </RadioGroup>
      {isAdmin && (
        <Checkbox
          checked={isStaff}
          label={t`For administration: reaches everything administrators do`}
          onChange={(event) => setIsStaff(event.currentTarget.checked)}
        />
      )}
      <FormGroup label={t`Expires`} labelFor="token-expires">
        <Select
          id="token-expires"
          options={LIFETIMES}
          value={days}
          onChange={(event) => setDays(event.currentTarget.value)}
        />
      </FormGroup>
      <SourcesField sources={sources} wrong={wrong.sources} onChange={setSources} />
    </ChangeDialog>
  );
}

function PermissionLabel({ title, text }: { title: string; text: string }) {
  return (
    <>
      {title} <span className="second-line">{text}</span>
    </>
  );
}

interface FieldProps {
  wrong: string | null;
  onChange: (value: string) => void;
}

function NameField({ name, wrong, onChange }: FieldProps & { name: string }) {
  return (
    <FormGroup
      label={t`Name`}
      labelFor="token-name"
      intent={wrong ? 'danger' : 'none'}
      helperText={<span id="token-name-help">{wrong ?? t`What it is for, so that you know it again.`}</span>}
    >
      <InputGroup
        id="token-name"
        autoComplete="off"
        autoFocus
        maxLength={100}
        aria-describedby="token-name-help"
        aria-invalid={wrong !== null}
        value={name}
        onValueChange={onChange}
      />
    </FormGroup>
  );
}

function SourcesField({ sources, wrong, onChange }: FieldProps & { sources: string }) {
  return (
    <FormGroup
      label={t`From these addresses only`}
      labelInfo={t`(optional)`}
      labelFor="token-sources"
      intent={wrong ? 'danger' : 'none'}
      helperText={
        <span id="token-sources-help">
          {wrong ?? t`Addresses or networks, one per line, such as 203.0.113.0/24`}
        </span>
      }
    >
      <TextArea
        id="token-sources"
        className="code-input"
        fill
        rows={2}
        spellCheck={false}
        intent={wrong ? 'danger' : 'none'}
        aria-describedby="token-sources-help"
        aria-invalid={wrong !== null}
        value={sources}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </FormGroup>
  );
}
