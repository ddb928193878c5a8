import { drawFirstLook } from './first-look.ts';
import { firstServers, startFirstRead } from './first-read.ts';
import { chosenLanguage } from './language-choice.ts';
import { showTexts, type Texts } from './language.ts';
import { maskStore } from './mask.ts';
import { showTheme } from './theme.ts';

/** How long the rest of the code waits for the first servers: while it is set up, nothing else is done. */
const ANSWER_MS = 600;
/** How long it waits, once they are there, until they can be seen. */
const LOOK_MS = 1_000;

// A script of its own, so small that it runs long before the others have been read.
const { entry, ...files } = document.currentScript?.dataset ?? {};
const language = chosenLanguage();
const textFiles = files[language]?.split(' ') ?? [];
for (const href of textFiles) addToHead('link', { rel: 'modulepreload', href });
startFirstRead();
const parsed = new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve));
const ready = parsed.then(styled);
const look = drawLook().catch(() => null);
void Promise.all([ready, enough()]).then(() => {
  if (entry) addToHead('script', { type: 'module', src: entry });
});

async function enough(): Promise<void> {
  const isAnswered = await Promise.race([firstServers().then(() => true), late(ANSWER_MS)]);
  if (isAnswered) await Promise.race([look, late(LOOK_MS)]);
}

async function late(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Done when the first servers can be seen, or when that is not to be. */
async function drawLook(): Promise<void> {
  const first = await firstServers();
  const isShown = first && first.list.items.length > 0 && !first.user.actingAdmin && !maskStore.get();
  if (!isShown || textFiles.length === 0) return;
  const [read] = await Promise.all([readTexts(), ready]);
  if (document.getElementById('root')?.hasChildNodes()) return;
  showTheme();
  showTexts(language, read);
  drawFirstLook(first.list, first.user);
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

async function readTexts(): Promise<Texts> {
  const modules = (await Promise.all(textFiles.map((href) => import(/* @vite-ignore */ href)))) as object[];
  return { contract: null, ...Object.assign({}, ...modules) } as Texts;
}

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
