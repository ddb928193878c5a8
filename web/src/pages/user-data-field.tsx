import { Button, FormGroup, TextArea } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { useEffect, useState } from 'react';
import { errorProps, groupProps, type FieldProps } from './new-server-fields.tsx';

const CHECK_PAUSE_MS = 300;

/** cloud-config or a script, folded away because few need it; says while it is typed what cloud-init will not take. */
export function UserDataField({ draft, errors, onChange }: FieldProps) {
  const [isOpen, setIsOpen] = useState(false);
  const doubt = useDoubt(draft.userData);
  const isShown = isOpen || draft.userData !== '' || errors.userData !== undefined;
  if (!isShown) {
    return (
      <div>
        <Button variant="minimal" text={t`Add user data (cloud-init)`} onClick={() => setIsOpen(true)} />
      </div>
    );
  }
  const shown = doubt === null || errors.userData !== undefined ? errors : { ...errors, userData: doubt };
  return (
    <section className="panel">
      <FormGroup
        label={t`User data`}
        labelInfo={t`(optional)`}
        {...groupProps('userData', shown, t`cloud-config or a script, run at the first boot`)}
      >
        <TextArea
          {...errorProps('userData', shown)}
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

/** What is wrong with it, once nothing has been typed for a moment; the check is loaded by then. */
function useDoubt(userData: string): string | null {
  const [doubt, setDoubt] = useState<string | null>(null);
  useEffect(() => {
    let isCurrent = true;
    const timer = setTimeout(() => {
      void import('../check-user-data.ts').then(({ checkUserData }) => {
        if (isCurrent) setDoubt(checkUserData(userData));
      });
    }, CHECK_PAUSE_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [userData]);
  return userData.trim() === '' ? null : doubt;
}
