import { Checkbox, FormGroup, Radio, RadioGroup } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { ApiToken, NewApiToken } from '../../../contract/account.ts';
import { createApiToken } from '../account-api.ts';
import { Select } from '../components/select.tsx';
import { ifEmpty, TextField } from '../components/text-field.tsx';
import { TOKENS_KEY, useAccountChange } from '../hooks/use-account.ts';
import { useFields } from '../hooks/use-fields.ts';
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
  const fields = useFields({ name: ifEmpty(name, t`Enter a name`), sources: null }, create.error);
  const { wrong } = fields;

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
      fields={fields}
      change={create}
      retryHint={t`It is not known whether a token was made. If one you never saw is in the list, revoke it.`}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label={t`Name`}
        help={t`What it is for, so that you know it again.`}
        autoFocus
        maxLength={100}
        wrong={wrong.name}
        value={name}
        onChange={setName}
      />
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
      <TextField
        label={t`From these addresses only`}
        isOptional
        help={t`Addresses or networks, one per line, such as 203.0.113.0/24`}
        rows={2}
        isCode
        wrong={wrong.sources}
        value={sources}
        onChange={setSources}
      />
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
