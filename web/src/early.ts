import { startFirstRead } from './first-read.ts';
import { chosenLanguage } from './language-choice.ts';

/** How long the rest of the code waits for what is asked for: while it is set up, nothing else is done. */
const ASK_MS = 200;

// A script of its own, so small that it runs long before the others have been read.
const { entry, ...texts } = document.currentScript?.dataset ?? {};
for (const href of texts[chosenLanguage()]?.split(' ') ?? [])
  addToHead('link', { rel: 'modulepreload', href });
const late = new Promise((resolve) => setTimeout(resolve, ASK_MS));
const parsed = new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve));
void Promise.all([parsed.then(styled), Promise.race([startFirstRead(), late])]).then(() => {
  if (entry) addToHead('script', { type: 'module', src: entry });
});

/** A script that is put in does not wait for style sheets by itself, and would measure a page without any. */
async function styled(): Promise<void> {
  const links = [...document.querySelectorAll<HTMLLinkElement>('link[rel=stylesheet]')];
  await Promise.all(links.filter(({ sheet }) => sheet === null).map(settled));
}

const settled = async (link: HTMLLinkElement): Promise<void> =>
  new Promise((resolve) => {
    for (const end of ['load', 'error']) link.addEventListener(end, () => resolve());
  });

function addToHead<T extends 'link' | 'script'>(tag: T, properties: Partial<HTMLElementTagNameMap[T]>): void {
  document.head.append(Object.assign(document.createElement(tag), properties));
}
