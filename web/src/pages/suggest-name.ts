const FIRST = [
  'amber',
  'brisk',
  'calm',
  'clear',
  'dapper',
  'eager',
  'fair',
  'keen',
  'lucid',
  'merry',
  'north',
  'quiet',
  'rapid',
  'solid',
  'sunny',
  'vivid',
];
const SECOND = [
  'anchor',
  'beacon',
  'brook',
  'canal',
  'cove',
  'delta',
  'dock',
  'ferry',
  'gull',
  'harbor',
  'heron',
  'jetty',
  'otter',
  'pier',
  'reef',
  'tide',
];

const pick = (words: string[]): string => words[Math.floor(Math.random() * words.length)] ?? 'server';

/** A name that is easy to say, such as "calm-otter-42". */
export function suggestName(): string {
  return `${pick(FIRST)}-${pick(SECOND)}-${10 + Math.floor(Math.random() * 90)}`;
}
