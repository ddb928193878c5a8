/** Repeatable chance: what it answers depends only on the seed, the question's name and the row asked about. */
export interface Random {
  /** 0 … 2^32-1. */
  word(question: string, index: number): number;
  /** 0 … below 1. */
  fraction(question: string, index: number): number;
  /** True with this probability. */
  chance(question: string, index: number, rate: number): boolean;
  /** 0 … below `limit`. */
  below(question: string, index: number, limit: number): number;
  pick<T>(question: string, index: number, from: readonly T[]): T;
  /** Lower-case hexadecimal digits. */
  hex(question: string, index: number, length: number): string;
}

/**
 * Any row can be asked about in any order, so a generator can stream, look at a neighbour, and make a second edition
 * of the same data without remembering the first.
 */
export function createRandom(seed: string): Random {
  const questions = new Map<string, number>();
  function word(question: string, index: number): number {
    let start = questions.get(question);
    if (start === undefined) {
      start = hashText(`${seed}\n${question}`);
      questions.set(question, start);
    }
    return mix(mix(start ^ index) + Math.imul(index, 0x9e3779b1) + start);
  }
  const fraction = (question: string, index: number) => word(question, index) / 2 ** 32;
  const below = (question: string, index: number, limit: number) =>
    Math.floor(fraction(question, index) * limit);
  return {
    word,
    fraction,
    below,
    chance: (question, index, rate) => fraction(question, index) < rate,
    pick: <T>(question: string, index: number, from: readonly T[]): T => {
      const item = from[below(question, index, from.length)];
      if (item === undefined) throw new Error(`nothing to pick from for ${question}`);
      return item;
    },
    hex: (question, index, length) => {
      let text = '';
      for (let n = 0; text.length < length; n += 1) {
        text += word(`${question} ${n}`, index).toString(16).padStart(8, '0');
      }
      return text.slice(0, length);
    },
  };
}

/** FNV-1a over UTF-16 units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let n = 0; n < text.length; n += 1) hash = Math.imul(hash ^ text.charCodeAt(n), 0x01000193);
  return hash >>> 0;
}

/** The finalizer of MurmurHash3: every bit of the input changes half of the output's. */
function mix(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
