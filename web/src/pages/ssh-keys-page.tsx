import { Button, FormGroup, Spinner } from '@blueprintjs/core';
import { Key, Plus } from '@blueprintjs/icons';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { User } from '../../../contract/auth.ts';
import { includes, PERMISSION_OF } from '../../../contract/permissions.ts';
import type { SavedSshKey } from '../../../contract/ssh-keys.ts';
import { accountChoice } from '../account-choice.ts';
import { addSshKey, deleteSshKey, renameSshKey } from '../account-api.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { ErrorState } from '../components/error-state.tsx';
import { NoticeState } from '../components/notice-state.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Select } from '../components/select.tsx';
import { ifEmpty, TextField } from '../components/text-field.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { SSH_KEYS_KEY, useAccountChange, useSshKeys } from '../hooks/use-account.ts';
import { useFields } from '../hooks/use-fields.ts';
import { useOrderingAccounts } from '../hooks/use-forbidden.ts';
import { useOrderedFor } from '../hooks/use-ordered-for.ts';
import { useStore } from '../hooks/use-store.ts';
import { useUser } from '../hooks/use-user.ts';
import { ChangeDialog } from './change-dialog.tsx';

type Account = User['accounts'][number];

/** The SSH keys of the account chosen in the header, or of all somebody takes part in. */
export function SshKeysPage() {
  const [isAdding, setIsAdding] = useState(false);
  const chosen = useChosenAccount();
  const mayAdd = useOrderingAccounts()?.length !== 0;
  return (
    <>
      <PageTitle text={t`SSH keys`} />
      <div className="page-head">
        <div>
          <h1>
            <Trans>SSH keys</Trans>
          </h1>
          <span className="muted">
            {chosen ? (
              <Trans>
                Public keys <span className="sensitive">{chosen.name}</span> keeps for the servers it orders.
              </Trans>
            ) : (
              <Trans>Public keys your accounts keep for the servers they order.</Trans>
            )}{' '}
            {!mayAdd && <Trans>Your role lets you look at them only.</Trans>}
          </span>
        </div>
        {mayAdd && (
          <Button intent="primary" icon={<Plus />} text={t`Add key`} onClick={() => setIsAdding(true)} />
        )}
      </div>
      <KeyList chosen={chosen} />
      {isAdding && <AddDialog onClose={() => setIsAdding(false)} />}
    </>
  );
}

/** Undefined while all are looked at, and for somebody who has only one. */
function useChosenAccount(): Account | undefined {
  const id = useStore(accountChoice);
  const accounts = useUser()?.accounts ?? [];
  return accounts.length > 1 ? accounts.find((account) => account.id === id) : undefined;
}

function KeyList({ chosen }: { chosen: Account | undefined }) {
  const keys = useSshKeys();
  if (keys.isPending) return <Spinner className="page-spinner" aria-label={t`Loading the SSH keys`} />;
  if (!keys.data) {
    return (
      <ErrorState
        title={t`Your SSH keys cannot be shown`}
        error={keys.error}
        onRetry={() => void keys.refetch()}
      />
    );
  }
  const items = keys.data.items.filter(({ accountId }) => !chosen || accountId === chosen.id);
  if (items.length === 0) {
    return (
      <NoticeState
        level={2}
        icon={<Key size={40} />}
        title={t`No SSH keys`}
        description={t`Add one here, or with an order: it is kept too.`}
      />
    );
  }
  return (
    <section className="panel" aria-label={t`Your SSH keys`}>
      <ul className="row-list first-list" aria-label={t`SSH keys`}>
        {items.map((key) => (
          <KeyRow key={key.id} sshKey={key} />
        ))}
      </ul>
    </section>
  );
}

function KeyRow({ sshKey }: { sshKey: SavedSshKey }) {
  const { accountId, name, publicKey, fingerprint, servers, createdAt } = sshKey;
  const [open, setOpen] = useState<'rename' | 'delete' | null>(null);
  const accounts = useUser()?.accounts ?? [];
  const account = accounts.find(({ id }) => id === accountId);
  const mayChange = account && includes(PERMISSION_OF[account.role], 'manage');
  const close = () => setOpen(null);
  return (
    <li>
      <div className="row-main">
        <div className="row-title">
          {name}
          <CopyButton text={publicKey} label={t`the key ${name}`} />
        </div>
        <span className="second-line">
          <code>{fingerprint}</code>
        </span>
        <span className="second-line">
          <Trans>
            added <TimeAgo iso={createdAt} />
          </Trans>
          {` · ${plural(servers, { one: '# server', other: '# servers' })}`}
          {account && accounts.length > 1 && (
            <>
              {' · '}
              <span className="sensitive">{account.name}</span>
            </>
          )}
        </span>
      </div>
      {mayChange && (
        <div className="button-row row-end">
          <Button text={t`Rename`} aria-label={t`Rename ${name}`} onClick={() => setOpen('rename')} />
          <Button text={t`Delete`} aria-label={t`Delete ${name}`} onClick={() => setOpen('delete')} />
        </div>
      )}
      {open === 'rename' && <RenameDialog sshKey={sshKey} onClose={close} />}
      {open === 'delete' && <DeleteDialog sshKey={sshKey} onClose={close} />}
    </li>
  );
}

function AddDialog({ onClose }: { onClose: () => void }) {
  const [publicKey, setPublicKey] = useState('');
  const [name, setName] = useState('');
  const accounts = useOrderingAccounts() ?? [];
  const [accountId, setAccountId] = useState(useOrderedFor()?.id);
  const add = useAccountChange(SSH_KEYS_KEY, addSshKey, onClose);
  const fields = useFields({ publicKey: ifEmpty(publicKey, t`Paste a public key`), name: null }, add.error);
  return (
    <ChangeDialog
      title={t`Add an SSH key`}
      keep={t`Cancel`}
      submit={t`Add key`}
      fields={fields}
      change={add}
      onSubmit={() =>
        add.mutate({
          publicKey,
          ...(name.trim() ? { name } : {}),
          ...(accountId ? { accountId } : {}),
        })
      }
      onClose={onClose}
    >
      {accountId && (
        <FormGroup label={t`Account`} labelFor="key-account">
          <Select
            id="key-account"
            className="sensitive"
            fill
            value={accountId}
            onChange={(event) => setAccountId(event.currentTarget.value)}
            options={accounts.map(({ id, name: label }) => ({ value: id, label }))}
          />
        </FormGroup>
      )}
      <TextField
        label={t`Public key`}
        help={t`From a file such as ~/.ssh/id_ed25519.pub`}
        rows={4}
        isCode
        autoFocus
        placeholder="ssh-ed25519 AAAA… you@laptop"
        wrong={fields.wrong.publicKey}
        value={publicKey}
        onChange={setPublicKey}
      />
      <TextField
        label={t`Name`}
        help={t`The comment of the key when left out`}
        maxLength={200}
        wrong={fields.wrong.name}
        value={name}
        onChange={setName}
      />
    </ChangeDialog>
  );
}

interface KeyDialogProps {
  sshKey: SavedSshKey;
  onClose: () => void;
}

function RenameDialog({ sshKey, onClose }: KeyDialogProps) {
  const [name, setName] = useState(sshKey.name);
  const rename = useAccountChange(
    SSH_KEYS_KEY,
    async (wanted: string) => renameSshKey(sshKey.id, wanted),
    onClose,
  );
  const fields = useFields({ name: ifEmpty(name, t`Enter a name`) }, rename.error);
  return (
    <ChangeDialog
      title={t`Rename ${sshKey.name}`}
      keep={t`Cancel`}
      submit={t`Rename`}
      fields={fields}
      change={rename}
      onSubmit={() => (name.trim() === sshKey.name ? onClose() : rename.mutate(name))}
      onClose={onClose}
    >
      <TextField
        label={t`Name`}
        autoFocus
        maxLength={200}
        wrong={fields.wrong.name}
        value={name}
        onChange={setName}
      />
    </ChangeDialog>
  );
}

function DeleteDialog({ sshKey, onClose }: KeyDialogProps) {
  const remove = useAccountChange(SSH_KEYS_KEY, deleteSshKey, onClose);
  return (
    <ChangeDialog
      title={t`Delete ${sshKey.name}`}
      keep={t`Keep it`}
      submit={t`Delete key`}
      isHarsh
      change={remove}
      onSubmit={() => remove.mutate(sshKey.id)}
      onClose={onClose}
    >
      <p>
        <Trans>
          Servers that were built with it keep it inside: remove it there too, from ~/.ssh/authorized_keys.
        </Trans>
      </p>
    </ChangeDialog>
  );
}
