import { InputGroup } from '@blueprintjs/core';
import { Search } from '@blueprintjs/icons';
import { useTyped } from '../hooks/use-typed.ts';

/** Searches once the typing pauses or the field is left. */
export function SearchField({
  label,
  placeholder,
  value,
  onSearch,
  describedBy,
  isWrong = false,
}: {
  label: string;
  placeholder: string;
  value: string;
  onSearch: (text: string) => void;
  /** The id of what explains it, and what is wrong with it. */
  describedBy?: string;
  isWrong?: boolean;
}) {
  const typed = useTyped(value, onSearch);
  return (
    <InputGroup
      className="filter-search"
      type="search"
      leftIcon={<Search />}
      placeholder={placeholder}
      aria-label={label}
      aria-describedby={describedBy}
      aria-invalid={isWrong}
      intent={isWrong ? 'danger' : 'none'}
      {...typed}
    />
  );
}
