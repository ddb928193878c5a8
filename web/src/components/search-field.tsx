import { InputGroup } from '@blueprintjs/core';
import { Search } from '@blueprintjs/icons';
import { useEffect, useState } from 'react';

const TYPING_PAUSE_MS = 250;

/** Searches once the typing pauses. */
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
  const [text, setText] = useState(value);
  const [applied, setApplied] = useState(value);
  if (applied !== value) {
    setApplied(value);
    setText(value);
  }
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => onSearch(text.trim()), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  });
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
      value={text}
      onValueChange={setText}
    />
  );
}
