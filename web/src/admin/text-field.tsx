import { FormGroup, InputGroup } from '@blueprintjs/core';
import { useId } from 'react';

interface TextFieldProps {
  label: string;
  help?: string;
  value: string;
  onChange: (value: string) => void;
  isNumber?: boolean;
  autoFocus?: boolean;
  placeholder?: string;
}

/** A labelled line of text, or of digits. */
export function TextField({
  label,
  help,
  value,
  onChange,
  isNumber = false,
  autoFocus = false,
  placeholder = '',
}: TextFieldProps) {
  const id = useId();
  return (
    <FormGroup label={label} labelFor={id} helperText={help && <span id={`${id}-help`}>{help}</span>}>
      <InputGroup
        id={id}
        autoComplete="off"
        spellCheck={false}
        autoFocus={autoFocus}
        placeholder={placeholder}
        inputMode={isNumber ? 'numeric' : 'text'}
        aria-describedby={help ? `${id}-help` : undefined}
        value={value}
        onValueChange={onChange}
      />
    </FormGroup>
  );
}

/** The number that was typed; null when it is none above zero. */
export function wholeNumber(text: string): number | null {
  const number = Number(text.trim());
  return text.trim() !== '' && Number.isInteger(number) && number > 0 ? number : null;
}
