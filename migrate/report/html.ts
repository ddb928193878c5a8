/** A piece of a page, escaped already. */
export class Html {
  text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = Html | string | number | Value[];

/** Escapes whatever is put into the text, unless it is a piece made by this. */
export function html(texts: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(texts.map((text, n) => text + (n < values.length ? render(values[n] ?? '') : '')).join(''));
}

function render(value: Value): string {
  if (Array.isArray(value)) return value.map(render).join('');
  return value instanceof Html ? value.text : escape(String(value));
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters and those that turn the direction of text are of no use on a page. */
function escape(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ')
    .replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
