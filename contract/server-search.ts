import { ServerStatus } from './servers.ts';

/** What a term can ask about; `text` is a word without one: part of the name, the host name or an address. */
const KINDS = ['status', 'node', 'account', 'ip', 'plan', 'vmid'] as const;
export interface SearchTerm {
  kind: (typeof KINDS)[number] | 'text';
  value: string;
}

interface SearchFault {
  term: string;
  message: string;
}

const TERM = /(?:([\p{L}_]+):)?(?:"([^"]*)"|([^\s"]+))/gu;
const MOST_TERMS = 10;

/**
 * Reads a search such as `status:stopped node:pve1 plan:"Very small" shop`: all terms have to hold. What cannot be
 * understood is named rather than left out.
 */
export function parseServerSearch(text: string): { terms: SearchTerm[]; faults: SearchFault[] } {
  const terms: SearchTerm[] = [];
  const faults: SearchFault[] = [];
  if ((text.match(/"/g)?.length ?? 0) % 2 === 1)
    return { terms, faults: [{ term: text, message: 'a closing quotation mark is missing' }] };
  // An IPv6 address has colons too, but none of its parts is the name of a term.
  for (const [term, name, quoted, bare = ''] of text.matchAll(TERM)) {
    const value = quoted ?? bare;
    const kind = name?.toLowerCase();
    if (kind === undefined) terms.push({ kind: 'text', value });
    else if (isKind(kind)) {
      const wrong = faultOf(kind, value);
      if (wrong) faults.push({ term, message: wrong });
      else terms.push({ kind, value });
    } else if (/^[\da-f:./]+$/i.test(term)) terms.push({ kind: 'text', value: term });
    else
      faults.push({
        term,
        message: `there is no ${kind}: – use ${KINDS.map((one) => `${one}:`).join(', ')}`,
      });
  }
  const dangling = /(\p{L}+):(?:\s|$)/u.exec(text.replaceAll(/"[^"]*"/g, '""'));
  if (dangling) faults.push({ term: `${dangling[1]}:`, message: 'say what to look for right after it' });
  if (terms.length > MOST_TERMS) faults.push({ term: text, message: `use at most ${MOST_TERMS} terms` });
  return { terms, faults };
}

const isKind = (name: string): name is (typeof KINDS)[number] => (KINDS as readonly string[]).includes(name);

function faultOf(kind: (typeof KINDS)[number], value: string): string | null {
  if (value.trim() === '') return 'say what to look for right after it';
  if (kind === 'status' && !ServerStatus.safeParse(value.toLowerCase()).success)
    return `a status is one of ${ServerStatus.options.join(', ')}`;
  if (kind === 'vmid' && !/^[1-9]\d{0,8}$/.test(value)) return 'a VM id is a whole number';
  if (kind === 'ip' && !/^[\da-f:.]+(\/\d{1,3})?$/i.test(value))
    return 'an address, the beginning of one, or a network such as 203.0.113.0/24';
  return null;
}
