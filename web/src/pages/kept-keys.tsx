import { Button, Checkbox, Classes } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { SavedSshKey } from '../../../contract/ssh-keys.ts';
import { useSshKeys } from '../hooks/use-account.ts';

interface KeptKeysProps {
  /** Whose keys; undefined has none. */
  accountId: string | undefined;
  chosen: string[];
  error?: string | null | undefined;
  onChoose: (ids: string[]) => void;
}

/** Some of the SSH keys an account keeps; nothing where it keeps none. */
export function KeptKeys({ accountId, chosen, error, onChoose }: KeptKeysProps) {
  const keys = useSshKeys();
  const kept = keysOf(keys.data?.items ?? [], accountId);
  if (keys.data && kept.length === 0 && !error) return null;
  return (
    <fieldset className="kept-keys" aria-describedby={error ? 'kept-keys-error' : undefined}>
      <legend>
        <Trans>Kept SSH keys</Trans>
      </legend>
      {error && (
        <p id="kept-keys-error" className="choice-error" tabIndex={-1}>
          {error}
        </p>
      )}
      {keys.isPending && (
        <p role="status" aria-label={t`Loading the SSH keys`} className={Classes.SKELETON}>
          –
        </p>
      )}
      {keys.isError && !keys.data && (
        <p className="muted" role="alert">
          <Trans>The kept keys could not be read.</Trans>{' '}
          <Button size="small" text={t`Try again`} onClick={() => void keys.refetch()} />
        </p>
      )}
      {kept.map(({ id, name, fingerprint }) => (
        <Checkbox
          key={id}
          checked={chosen.includes(id)}
          aria-describedby={`kept-${id}`}
          onChange={(event) =>
            onChoose(event.currentTarget.checked ? [...chosen, id] : chosen.filter((one) => one !== id))
          }
          labelElement={
            <>
              {name}
              <code id={`kept-${id}`} className="second-line" aria-hidden>
                {fingerprint}
              </code>
            </>
          }
        />
      ))}
    </fieldset>
  );
}

/** Of the chosen keys those the account keeps; all of them until that is known. */
export function useKeptKeys(accountId: string | undefined, chosen: string[]): string[] {
  const { data } = useSshKeys();
  if (!data) return chosen;
  const known = new Set(keysOf(data.items, accountId).map(({ id }) => id));
  return chosen.filter((id) => known.has(id));
}

const keysOf = (keys: SavedSshKey[], accountId: string | undefined): SavedSshKey[] =>
  keys.filter((key) => key.accountId === accountId);
