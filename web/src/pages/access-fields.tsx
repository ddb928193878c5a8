import { Button, Callout, FormGroup, TextArea } from '@blueprintjs/core';
import { Key, Upload } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useRef, useState } from 'react';
import type { Template } from '../../../contract/catalog.ts';
import { PasswordField } from '../components/password-field.tsx';
import { canGenerateSshKey, generateSshKey } from '../generate-ssh-key.ts';
import { saveFile } from '../save-file.ts';
import { KeptKeys } from './kept-keys.tsx';
import { keptKeyIds } from './new-server-form.ts';
import { errorProps, groupProps, type FieldProps } from './new-server-fields.tsx';

/** How to log in: keys, and a password for the console. */
export function AccessFields({
  draft,
  errors,
  onChange,
  template,
  accountId,
}: FieldProps & { template: Template | undefined; accountId: string | undefined }) {
  const hasNoAccess = !draft.sshKeys.trim() && !draft.sshKeyIds && !draft.password;
  const addKey = (key: string) => {
    const before = draft.sshKeys.trimEnd();
    onChange('sshKeys', `${before}${before ? '\n' : ''}${key.trim()}\n`);
  };
  return (
    <section className="panel">
      <h2>
        <Trans>Access</Trans>
      </h2>
      <KeptKeys
        accountId={accountId}
        chosen={keptKeyIds(draft)}
        error={errors.sshKeyIds}
        onChoose={(ids) => onChange('sshKeyIds', ids.join(' '))}
      />
      <FormGroup
        label={t`SSH keys`}
        {...groupProps(
          'sshKeys',
          errors,
          t`Public keys, one per line, from a file such as ~/.ssh/id_ed25519.pub; the account keeps them`,
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
      <KeyButtons name={draft.name} onKey={addKey} />
      <div className="name-input">
        <PasswordField
          id="new-password"
          label={t`Password`}
          help={t`For ${template?.defaultUser ?? t`the default user`}; at least 10 characters`}
          isOptional
          isNew
          wrong={errors.password ?? null}
          value={draft.password}
          onChange={(value) => onChange('password', value)}
        />
      </div>
      {hasNoAccess && (
        <Callout intent="warning" compact>
          <Trans>Without a key or a password nobody can log in to this server.</Trans>
        </Callout>
      )}
    </section>
  );
}

/** Two more ways to a key: from a file, or made here, whose private part is saved and kept nowhere. */
function KeyButtons({ name, onKey }: { name: string; onKey: (key: string) => void }) {
  const file = useRef<HTMLInputElement>(null);
  const [told, setTold] = useState<{ isBad: boolean; text: string } | null>(null);

  async function read(files: FileList | null): Promise<void> {
    const texts = await Promise.all([...(files ?? [])].map((one) => one.text()));
    if (texts.some((text) => text.includes('PRIVATE KEY')))
      return setTold({ isBad: true, text: t`That is a private key: choose the file that ends in .pub.` });
    setTold(null);
    for (const text of texts) onKey(text);
  }

  async function generate(): Promise<void> {
    const comment = `${name.trim() || 'server'}@berth`;
    try {
      const { publicKey, privateKey } = await generateSshKey(comment);
      const fileName = `${comment.replace('@', '_')}_ed25519`;
      saveFile(fileName, privateKey);
      onKey(publicKey);
      setTold({
        isBad: false,
        text: t`The private key was saved as ${fileName}, most likely among your downloads, and is nowhere else: keep it. Run “chmod 600 ${fileName}” once, and log in with “ssh -i ${fileName} …”.`,
      });
    } catch {
      setTold({ isBad: true, text: t`This browser cannot make Ed25519 keys; use ssh-keygen instead.` });
    }
  }

  return (
    <div className="key-buttons">
      <input
        ref={file}
        type="file"
        hidden
        multiple
        accept=".pub,text/plain"
        aria-label={t`Public key files`}
        onChange={(event) => void read(event.currentTarget.files)}
      />
      <Button
        size="small"
        icon={<Upload size={14} />}
        text={t`From a file`}
        onClick={() => file.current?.click()}
      />
      {canGenerateSshKey() && (
        <Button size="small" icon={<Key size={14} />} text={t`Make a key`} onClick={() => void generate()} />
      )}
      <p role="status" className={told?.isBad ? 'choice-error' : 'muted'}>
        {told?.text}
      </p>
    </div>
  );
}
