import type { SaidValue } from './said.ts';

/** What is put into a text's gaps, such as `{node}` or, as an ordinal number, `{position:th}`. */
export function fillIn(
  text: string,
  params: Record<string, SaidValue>,
  inWords: (value: SaidValue) => string,
): string {
  return text.replaceAll(/\{(\w+)(:th)?\}/g, (gap, name: string, ordinal?: string) => {
    const value = params[name];
    if (value === undefined) return gap;
    return ordinal && typeof value === 'number' ? nth(value) : inWords(value);
  });
}

const nth = (number: number): string => {
  const isTeen = number % 100 > 10 && number % 100 < 14;
  return `${number}${(isTeen ? undefined : ['th', 'st', 'nd', 'rd'][number % 10]) ?? 'th'}`;
};
