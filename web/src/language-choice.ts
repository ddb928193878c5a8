import { createRemembered } from './remembered.ts';

export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

const isLanguage = (value: unknown): value is Language =>
  typeof value === 'string' && Object.hasOwn(LANGUAGES, value);

/** What somebody chose in this browser; null follows the browser. */
export const languageChoice = createRemembered<Language | null>('berth-language', null, (value) =>
  isLanguage(value) ? value : null,
);

export const withoutRegion = (tag: string): string => tag.toLowerCase().split('-')[0] ?? tag;

/** The first of the browser's languages that there is; English when there is none of them. */
export function preferredLanguage(tags: readonly string[]): Language {
  return tags.map(withoutRegion).find(isLanguage) ?? 'en';
}

/** The language that the page is to be in. */
export const chosenLanguage = (): Language => languageChoice.get() ?? preferredLanguage(navigator.languages);
