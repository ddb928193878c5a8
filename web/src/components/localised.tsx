import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { type ReactNode, useLayoutEffect, useState } from 'react';
import { useStore } from '../hooks/use-store.ts';
import { languageStore } from '../language.ts';

/** Renders everything anew in another language; what had the focus has it again. */
export function Localised({ children }: { children: ReactNode }) {
  const language = useStore(languageStore);
  const [before, setBefore] = useState({ language, focusId: '' });
  if (before.language !== language) setBefore({ language, focusId: document.activeElement?.id ?? '' });
  useLayoutEffect(() => {
    if (before.focusId) document.getElementById(before.focusId)?.focus();
  }, [before]);
  return (
    <I18nProvider key={language} i18n={i18n}>
      {children}
    </I18nProvider>
  );
}
