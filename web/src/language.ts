import { i18n, type Messages } from '@lingui/core';
import { setContractTexts } from './contract-words.ts';
import type { ContractTexts } from './locales/contract-de.ts';
import { chosenLanguage, type Language, languageChoice, withoutRegion } from './language-choice.ts';
import { createStore } from './store.ts';

export interface Texts {
  messages: Messages;
  contract: ContractTexts | null;
}

/** Each language is a file of its own, read when it is needed. */
const CATALOGS: Record<Language, () => Promise<Texts>> = {
  en: async () => ({ messages: (await import('./locales/en.po')).messages, contract: null }),
  async de() {
    const [{ messages }, { contract }] = await Promise.all([
      import('./locales/de.po'),
      import('./locales/contract-de.ts'),
    ]);
    return { messages, contract };
  },
};

/** The language that the page is in. */
export const languageStore = createStore<Language>('en');

/** The locale for dates and numbers: the browser's own region where it fits to the language. */
export function locale(): string {
  const language = languageStore.get();
  return navigator.languages.find((tag) => withoutRegion(tag) === language) ?? language;
}

/** Makes a formatter once per locale, because making one takes far longer than using it. */
export function perLocale<T>(make: (locale: string) => T): () => T {
  let made: { language: Language; languages: readonly string[]; formatter: T } | null = null;
  return () => {
    const { languages } = navigator;
    const language = languageStore.get();
    if (made?.language !== language || made.languages !== languages)
      made = { language, languages, formatter: make(locale()) };
    return made.formatter;
  };
}

async function show(): Promise<void> {
  const language = chosenLanguage();
  showTexts(language, await CATALOGS[language]());
}

/** Shows the page in a language whose texts are there. */
export function showTexts(language: Language, { messages, contract }: Texts): void {
  setContractTexts(contract);
  i18n.loadAndActivate({ locale: language, messages });
  document.documentElement.lang = language;
  languageStore.set(language);
}

/** Reads the texts of the language that was chosen or that the browser prefers, and follows a choice. Await it before rendering. */
export async function startLanguage(): Promise<void> {
  languageChoice.subscribe(() => void show());
  await show();
}

/** Changes the language of the page and remembers it in this browser. */
export const setLanguage = (language: Language): void => languageChoice.set(language);
