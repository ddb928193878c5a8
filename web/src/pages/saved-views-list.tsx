import { Button, InputGroup } from '@blueprintjs/core';
import { Cross } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ServerFilter } from '../api.ts';
import { filterQuery, parseFilter } from '../server-filter.ts';
import { ifEmpty } from '../components/text-field.tsx';
import { useFields } from '../hooks/use-fields.ts';
import { useStore } from '../hooks/use-store.ts';
import { dropView, savedViews, saveView } from '../saved-views.ts';

export interface SavedViewsProps {
  filter: ServerFilter;
  onApply: (filter: Partial<ServerFilter>) => void;
}

/** Filters that were given a name: to come back to, to forget, and to add to. */
export function SavedViewsList({ filter, onApply }: SavedViewsProps) {
  const views = useStore(savedViews);
  const query = filterQuery(filter);
  return (
    <div className="popover-form">
      {views.length === 0 && (
        <p className="muted">
          <Trans>No views are saved in this browser yet.</Trans>
        </p>
      )}
      <ul className="saved-views" aria-label={t`Saved views`}>
        {views.map((view) => (
          <li key={view.name}>
            <Button
              variant="minimal"
              fill
              alignText="start"
              text={view.name}
              active={view.query === query}
              className="bp6-popover-dismiss"
              onClick={() => onApply(filterOf(view.query))}
            />
            <Button
              variant="minimal"
              icon={<Cross />}
              aria-label={t`Forget ${view.name}`}
              onClick={() => dropView(view.name)}
            />
          </li>
        ))}
      </ul>
      <SaveView query={query} />
    </div>
  );
}

/** A view of no account in particular leaves the chosen one alone. */
function filterOf(query: string): Partial<ServerFilter> {
  const { account, ...rest } = parseFilter(new URLSearchParams(query));
  return account ? { ...rest, account } : rest;
}

function SaveView({ query }: { query: string }) {
  const [name, setName] = useState('');
  const { form, wrong, check } = useFields({ name: ifEmpty(name, t`Enter a name`) }, null);
  return (
    <form
      ref={form}
      className="save-view"
      onSubmit={(event) => {
        event.preventDefault();
        if (!check()) return;
        saveView({ name: name.trim(), query });
        setName('');
      }}
    >
      <InputGroup
        aria-label={t`Name of the view`}
        placeholder={t`Name these filters`}
        maxLength={60}
        intent={wrong.name ? 'danger' : 'none'}
        aria-invalid={wrong.name !== null}
        aria-describedby={wrong.name ? 'save-view-help' : undefined}
        value={name}
        onValueChange={setName}
      />
      <Button type="submit" text={t`Save`} />
      {wrong.name && (
        <p id="save-view-help" className="choice-error">
          {wrong.name}
        </p>
      )}
    </form>
  );
}
