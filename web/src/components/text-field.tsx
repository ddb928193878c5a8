import { FormGroup, InputGroup, TextArea } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { type ReactNode, useId } from 'react';

interface TextFieldProps {
  label: string;
  help?: ReactNode;
  /** What is wrong with it: shown in place of the help. */
  wrong: string | null;
  value: string;
  onChange: (value: string) => void;
  isOptional?: boolean;
  isNumber?: boolean;
  /** For more than one line. */
  rows?: number;
  /** Of letters that are all as wide. */
  isCode?: boolean;
  autoFocus?: boolean;
  placeholder?: string;
  maxLength?: number;
}

/** A labelled line of text, or of digits; or several lines. */
export function TextField({
  label,
  help,
  wrong,
  onChange,
  isOptional = false,
  isNumber = false,
  rows = 1,
  isCode = false,
  ...given
}: TextFieldProps) {
  const id = useId();
  const text = wrong ?? help;
  const intent = wrong ? 'danger' : 'none';
  const input = {
    ...given,
    id,
    intent,
    className: isCode ? 'code-input' : '',
    spellCheck: false,
    'aria-invalid': wrong !== null,
    'aria-describedby': text ? `${id}-help` : undefined,
  } as const;
  return (
    <FormGroup
      label={label}
      labelInfo={isOptional ? t`(optional)` : ''}
      labelFor={id}
      intent={intent}
      helperText={text && <span id={`${id}-help`}>{text}</span>}
    >
      {rows === 1 ? (
        <InputGroup
          {...input}
          autoComplete="off"
          inputMode={isNumber ? 'numeric' : 'text'}
          onValueChange={onChange}
        />
      ) : (
        <TextArea {...input} fill rows={rows} onChange={(event) => onChange(event.currentTarget.value)} />
      )}
    </FormGroup>
  );
}

/** The number that was typed; null when it is none above zero. */
export function wholeNumber(text: string): number | null {
  const number = Number(text.trim());
  return text.trim() !== '' && Number.isInteger(number) && number > 0 ? number : null;
}

/** What is missing of a number; it may be left out if it is optional. */
export const numberMistake = (text: string, isOptional = false): string | null =>
  wholeNumber(text) !== null || (isOptional && text.trim() === '')
    ? null
    : t`Enter a whole number above zero`;

/** `mistake` while nothing has been typed. */
export const ifEmpty = (text: string, mistake: string): string | null =>
  text.trim() === '' ? mistake : null;
