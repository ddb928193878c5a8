import { decodeEntities } from './entities.ts';

export type EntityPolicy = 'decode-once' | 'keep';
export type CharsetPolicy = 'as-declared' | 'utf8-in-latin1';

export interface TextPolicy {
  entities: EntityPolicy;
  charset: CharsetPolicy;
}

/** Nothing to repair, decode, compose or trim: ASCII without an entity that neither begins nor ends with a space. */
const PLAIN = /^(?:[!-%'-~](?:[ -%'-~]*[!-%'-~])?)?$/;

/** A text as people should see it: repaired and decoded once, as the mapping says, and trimmed. */
export function cleanText(text: string, policy: TextPolicy): string {
  if (PLAIN.test(text)) return text;
  const repaired = policy.charset === 'utf8-in-latin1' ? repairMojibake(text) : text;
  const decoded = policy.entities === 'decode-once' ? decodeEntities(repaired) : repaired;
  return trimText(decoded.normalize('NFC'));
}

/** Without spaces around it, no-break and zero-width ones included. */
export function trimText(text: string): string {
  if (!/^[^!-~]|[^!-~]$/.test(text)) return text;
  return text.replaceAll(/^[\s\u200b\u2060]+|[\s\u200b\u2060]+$/g, '');
}

/** The machine's part of `raw|Label`: WHMCS's friendly display names. */
export interface PipedText {
  raw: string;
  /** Undefined when there is no pipe. */
  label?: string;
  /** More than one pipe: everything after the first is the label. */
  hasSeveralPipes: boolean;
}

/** Splits at the first pipe, before decoding, because an encoded pipe is text. */
export function splitPipe(text: string, policy: TextPolicy): PipedText {
  const at = text.indexOf('|');
  if (at < 0) return { raw: cleanText(text, policy), hasSeveralPipes: false };
  const label = text.slice(at + 1);
  return {
    raw: cleanText(text.slice(0, at), policy),
    label: cleanText(label, policy),
    hasSeveralPipes: label.includes('|'),
  };
}

/** The key by which options, fields and addons are known in the mapping: left of the pipe, in lower case. */
export function normaliseName(text: string, policy: TextPolicy): string {
  const { raw, label } = splitPipe(text, policy);
  return foldText(raw || (label ?? ''));
}

/** For comparing: lower case, single spaces. */
export function foldText(text: string): string {
  return trimText(text).toLowerCase().replaceAll(/\s+/g, ' ');
}

/** Windows-1252, which MySQL calls latin1, has these where Latin-1 has control characters. */
const WINDOWS_1252 =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';

/** UTF-8 that was once taken for Latin-1; text that cannot have come about like that is left alone. */
export function repairMojibake(text: string): string {
  if (!/[\u0080-\uffff]/.test(text)) return text;
  const bytes: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const place = WINDOWS_1252.indexOf(char);
    if (code > 0xff && place < 0) return text;
    bytes.push(code > 0xff ? 0x80 + place : code);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return text;
  }
}
