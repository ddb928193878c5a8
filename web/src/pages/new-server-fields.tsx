import { Button, FormGroup, InputGroup, TextArea } from '@blueprintjs/core';
import { Random } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import {
  MOST_AT_ONCE,
  namesOf,
  type DraftField,
  type FieldErrors,
  type NewServerDraft,
} from './new-server-form.ts';
import { suggestName } from './suggest-name.ts';

export interface FieldProps {
  draft: NewServerDraft;
  errors: FieldErrors;
  onChange: (field: DraftField, value: string) => void;
}

/** What ties an input to its error for assistive technology. */
export function errorProps(field: DraftField, errors: FieldErrors) {
  const isWrong = errors[field] !== undefined;
  return {
    id: `new-${field}`,
    intent: isWrong ? ('danger' as const) : ('none' as const),
    'aria-invalid': isWrong,
    'aria-describedby': `new-${field}-help`,
  };
}

export function groupProps(field: DraftField, errors: FieldErrors, help: string) {
  const error = errors[field];
  return {
    labelFor: `new-${field}`,
    intent: error ? ('danger' as const) : ('none' as const),
    helperText: <span id={`new-${field}-help`}>{error ?? help}</span>,
  };
}

/** The servers' name, with another suggestion at hand, and how many of them. */
export function NameField({ draft, errors, onChange }: FieldProps) {
  return (
    <section className="panel">
      <FormGroup
        label={t`Name`}
        {...groupProps('name', errors, t`Also its host name: letters, digits and hyphens`)}
      >
        <InputGroup
          {...errorProps('name', errors)}
          className="name-input"
          autoComplete="off"
          spellCheck={false}
          value={draft.name}
          onValueChange={(value) => onChange('name', value)}
          rightElement={
            <Button
              variant="minimal"
              icon={<Random />}
              aria-label={t`Suggest another name`}
              title={t`Suggest another name`}
              onClick={() => onChange('name', suggestName())}
            />
          }
        />
      </FormGroup>
      <FormGroup label={t`How many`} {...groupProps('count', errors, numbered(draft))}>
        <InputGroup
          {...errorProps('count', errors)}
          className="count-input"
          type="number"
          min={1}
          max={MOST_AT_ONCE}
          value={draft.count}
          onValueChange={(value) => onChange('count', value)}
        />
      </FormGroup>
    </section>
  );
}

function numbered({ name, count }: NewServerDraft): string {
  const many = Number(count);
  if (!(many > 1) || many > MOST_AT_ONCE) return t`Up to ${MOST_AT_ONCE} alike at once`;
  const names = namesOf(name, many);
  const [first = '', last = ''] = [names[0], names.at(-1)];
  return t`${first} to ${last}`;
}

/** Labels, as lines of text. */
export function LabelsField({ draft, errors, onChange }: FieldProps) {
  return (
    <section className="panel">
      <FormGroup
        label={t`Labels`}
        labelInfo={t`(optional)`}
        {...groupProps('labels', errors, t`One per line, as key=value; servers are found by them`)}
      >
        <TextArea
          {...errorProps('labels', errors)}
          fill
          className="code-input"
          rows={2}
          spellCheck={false}
          placeholder="env=production"
          value={draft.labels}
          onChange={(event) => onChange('labels', event.currentTarget.value)}
        />
      </FormGroup>
    </section>
  );
}
