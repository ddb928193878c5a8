import { Button, InputGroup, Tag } from '@blueprintjs/core';
import { ColumnLayout, Search } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { useId } from 'react';
import type { Server } from '../../../contract/servers.ts';
import type { ServerFilter } from '../api.ts';
import { latePopover } from '../components/late-popover.tsx';
import { Select } from '../components/select.tsx';
import { useTyped } from '../hooks/use-typed.ts';
import { STATUS_WORDS } from '../server-words.ts';
import { SavedViews } from './saved-views-menu.tsx';

const ColumnPopover = latePopover(async () => (await import('./column-choice.tsx')).ColumnChoice);

const isLabel = (text: string): boolean => text === '' || /^[^=]+=/.test(text);

interface FilterBarProps {
  filter: ServerFilter;
  /** What is listed: where labels to choose from are found. */
  servers: Server[];
  isNarrow: boolean;
  onChange: (change: Partial<ServerFilter>) => void;
}

/** Search, filters, sorting where there are no columns to click, and what to keep of them. */
export function ServerFilterBar({ filter, servers, isNarrow, onChange }: FilterBarProps) {
  return (
    <div className="filter-bar server-filters" role="search">
      <TypedFilter
        id="server-search"
        className="filter-search"
        label={t`Search servers`}
        placeholder={t`Name or address`}
        value={filter.search}
        onApply={(search) => onChange({ search })}
      />
      <Select
        aria-label={t`Status`}
        value={filter.status}
        onChange={(event) => onChange({ status: event.currentTarget.value })}
      >
        <option value="">{t`Any status`}</option>
        {Object.entries(STATUS_WORDS).map(([status, word]) => (
          <option key={status} value={status}>
            {word}
          </option>
        ))}
      </Select>
      {isNarrow && (
        <Select
          aria-label={t`Sort`}
          value={filter.sort}
          onChange={(event) => onChange({ sort: event.currentTarget.value })}
        >
          <option value="">{t`Newest first`}</option>
          <option value="createdAt">{t`Oldest first`}</option>
          <option value="name">{t`By name`}</option>
          <option value="-name">{t`By name, backwards`}</option>
        </Select>
      )}
      <TypedFilter
        className="filter-label"
        label={t`Label`}
        placeholder={t`Label: key=value`}
        value={filter.label}
        suggestions={labelsOf(servers)}
        incomplete={(typed) => (isLabel(typed) ? null : t`not yet key=value`)}
        onApply={(label) => onChange({ label })}
      />
      <span className="filter-tools">
        <SavedViews filter={filter} onApply={onChange} />
        {!isNarrow && (
          <ColumnPopover content={{}} button={<Button icon={<ColumnLayout />} text={t`Columns`} />} />
        )}
      </span>
    </div>
  );
}

interface TypedFilterProps {
  id?: string;
  className: string;
  label: string;
  placeholder: string;
  value: string;
  suggestions?: string[];
  /** Why what was typed so far says nothing yet; null when it does. */
  incomplete?: (text: string) => string | null;
  onApply: (text: string) => void;
}

/** A field that filters when its reader pauses typing or leaves it. */
function TypedFilter({
  label,
  value,
  suggestions = [],
  incomplete = () => null,
  onApply,
  ...field
}: TypedFilterProps) {
  const listId = useId();
  const typed = useTyped(value, onApply, (text) => incomplete(text) === null);
  const note = incomplete(typed.value.trim());
  return (
    <>
      <InputGroup
        {...field}
        type="search"
        leftIcon={<Search />}
        {...(note === null
          ? {}
          : {
              rightElement: (
                <Tag minimal intent="warning" role="status">
                  {note}
                </Tag>
              ),
            })}
        aria-label={label}
        list={suggestions.length > 0 ? listId : undefined}
        {...typed}
      />
      {suggestions.length > 0 && (
        <datalist id={listId}>
          {suggestions.map((suggestion) => (
            <option key={suggestion} value={suggestion} />
          ))}
        </datalist>
      )}
    </>
  );
}

const MOST_SUGGESTIONS = 50;

function labelsOf(servers: Server[]): string[] {
  const labels = new Set<string>();
  for (const server of servers.slice(0, 500)) {
    for (const [key, value] of Object.entries(server.labels)) labels.add(`${key}=${value}`);
  }
  return [...labels].sort().slice(0, MOST_SUGGESTIONS);
}
