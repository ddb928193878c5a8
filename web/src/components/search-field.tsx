import { InputGroup } from '@blueprintjs/core';
import { Search } from '@blueprintjs/icons';
import { useEffect, useState } from 'react';

const TYPING_PAUSE_MS = 250;

/** Searches once the typing pauses or the field is left: later it would lead back whoever has followed a link meanwhile. */
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
  const typed = text.trim();
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onSearch(typed), TYPING_PAUSE_MS);
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
      onBlur={() => typed !== value && onSearch(typed)}
    />
  );
}
