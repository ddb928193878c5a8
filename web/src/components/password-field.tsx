import { Button, FormGroup, InputGroup } from '@blueprintjs/core';
import { EyeOff, EyeOpen } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { useState } from 'react';

interface PasswordFieldProps {
  id: string;
  label: string;
  value: string;
  /** What is wrong with it. */
  wrong: string | null;
  onChange: (value: string) => void;
  help?: string;
  isOptional?: boolean;
  /** One that is chosen now, not one that is known. */
  isNew?: boolean;
  autoFocus?: boolean;
  isLarge?: boolean;
}

/** A password, which can be looked at while it is typed. */
export function PasswordField({
  id,
  label,
  value,
  wrong,
  onChange,
  help,
  isOptional = false,
  isNew = false,
  autoFocus = false,
  isLarge = false,
}: PasswordFieldProps) {
  const [isShown, setIsShown] = useState(false);
  const intent = wrong ? 'danger' : 'none';
  const toggle = isShown ? t`Hide the password` : t`Show the password`;
  const text = wrong ?? help;
  return (
    <FormGroup
      label={label}
      labelInfo={isOptional ? t`(optional)` : ''}
      labelFor={id}
      intent={intent}
      helperText={text && <span id={`${id}-help`}>{text}</span>}
    >
      <InputGroup
        id={id}
        type={isShown ? 'text' : 'password'}
        autoComplete={isNew ? 'new-password' : 'current-password'}
        spellCheck={false}
        size={isLarge ? 'large' : 'medium'}
        autoFocus={autoFocus}
        intent={intent}
        aria-invalid={wrong !== null}
        {...(text ? { 'aria-describedby': `${id}-help` } : {})}
        value={value}
        onValueChange={onChange}
        rightElement={
          <Button
            variant="minimal"
            icon={isShown ? <EyeOff /> : <EyeOpen />}
            aria-label={toggle}
            title={toggle}
            onClick={() => setIsShown(!isShown)}
          />
        }
      />
    </FormGroup>
  );
}
