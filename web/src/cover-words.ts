import './mask.css';

const NAME = 'masked';
const PART = '[0-9a-f]{1,4}';
const WORDS = new RegExp(
  [
    String.raw`https?://[^\s"'<>]+`, // of a cluster, or with the token of a link
    String.raw`[\w.+-]+@[\w.-]+(?:![\w-]+)?`, // e-mail addresses, user@host, a Proxmox token's id
    String.raw`\b(?:\d{1,3}\.){3}\d{1,3}(?:/\d+)?`,
    String.raw`(?<![\w:])(?:(?:${PART}:){7}${PART}|(?:${PART}(?::${PART})*)?::(?:${PART}(?::${PART})*)?)(?:/\d+)?(?![\w:])`,
    String.raw`\b(?:[0-9a-f]{2}[:-]){5,}[0-9a-f]{2}\b`, // MAC addresses, fingerprints of certificates
    String.raw`\bSHA256:\S+`,
    String.raw`\bAAAA[\w+/=]{16,}`, // a public key
    String.raw`\bberth_\w+`, // an API token, or its first characters
  ].join('|'),
  'gi',
);

/** What in a text a picture should not show, as start and end. */
export function wordsToCover(text: string): [number, number][] {
  return [...text.matchAll(WORDS)].map(({ index, 0: word }) => [index, index + word.length]);
}

/**
 * Paints over addresses, keys and tokens wherever they stand, and over what is of class `sensitive` because no pattern
 * knows it, such as names. The text itself stays: it can be copied, and is read out.
 */
export function cover(isOn: boolean): void {
  document.documentElement.toggleAttribute('data-masked', isOn);
  watcher.disconnect();
  document.removeEventListener('input', paint);
  if (!isOn) return void CSS.highlights.delete(NAME);
  // Observers are called before the next frame is painted.
  watcher.observe(document.body, { childList: true, characterData: true, subtree: true });
  document.addEventListener('input', paint);
  paint();
}

const watcher = new MutationObserver(paint);

function paint(): void {
  const highlight = new Highlight();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    for (const [start, end] of wordsToCover(text.nodeValue ?? '')) {
      highlight.add(
        new StaticRange({ startContainer: text, startOffset: start, endContainer: text, endOffset: end }),
      );
    }
  }
  CSS.highlights.set(NAME, highlight);
  // What fields hold is no text of the page.
  for (const field of document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>(
    'input, textarea, select',
  )) {
    const held = field instanceof HTMLSelectElement ? field.selectedOptions[0]?.text : field.value;
    field.toggleAttribute('data-covered', wordsToCover(held ?? '').length > 0);
  }
}
