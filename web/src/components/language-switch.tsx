import { useStore } from '../hooks/use-store.ts';
import { languageStore, setLanguage } from '../language.ts';
import { LANGUAGES, type Language } from '../language-choice.ts';
import { Select } from './select.tsx';

/** The languages, each under its own name. */
export function LanguageSwitch({ id, label }: { id: string; label?: string }) {
  const language = useStore(languageStore);
  return (
    <Select
      id={id}
      {...(label ? { 'aria-label': label } : {})}
      value={language}
      onChange={(event) => setLanguage(event.currentTarget.value as Language)}
    >
      {Object.entries(LANGUAGES).map(([tag, name]) => (
        <option key={tag} value={tag} lang={tag}>
          {name}
        </option>
      ))}
    </Select>
  );
}
