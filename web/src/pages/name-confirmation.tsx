import { FormGroup, InputGroup } from '@blueprintjs/core';
import { Trans } from '@lingui/react/macro';
import { useId } from 'react';

interface NameConfirmationProps {
  name: string;
  typed: string;
  onType: (typed: string) => void;
  autoFocus?: boolean;
}

/** Asks for a server's name, so that nobody harms the wrong one. */
export function NameConfirmation({ name, typed, onType, autoFocus = false }: NameConfirmationProps) {
  const id = useId();
  return (
    <FormGroup
      label={
        <>
          <Trans>
            Type <strong>{name}</strong> to confirm
          </Trans>
        </>
      }
      labelFor={id}
    >
      <InputGroup
        id={id}
        autoComplete="off"
        spellCheck={false}
        autoFocus={autoFocus}
        value={typed}
        onValueChange={onType}
      />
    </FormGroup>
  );
}
