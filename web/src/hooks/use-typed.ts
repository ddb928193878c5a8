import { useEffect, useState } from 'react';

const TYPING_PAUSE_MS = 250;

/**
 * What is typed into a field: applied once the typing pauses or the field is left, for later it would lead back whoever has
 * followed a link meanwhile. Given anew as `value`, it is what the field shows. What is not complete yet is not applied.
 */
export function useTyped(
  value: string,
  onApply: (text: string) => void,
  isComplete: (text: string) => boolean = () => true,
) {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  // Becomes `value`, unless that page is left before.
  const [asked, setAsked] = useState(value);
  if (known !== value) {
    setKnown(value);
    setAsked(value);
    setText(value);
  }
  const typed = text.trim();
  const isDue = typed !== asked && isComplete(typed);
  const apply = (): void => {
    setAsked(typed);
    onApply(typed);
  };
  useEffect(() => {
    if (!isDue) return;
    const timer = setTimeout(apply, TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  });
  return { value: text, onValueChange: setText, onBlur: () => isDue && apply() };
}
