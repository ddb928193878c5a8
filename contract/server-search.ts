import { fillIn } from './fill-in.ts';
import type { Said } from './said.ts';
import { SEARCH_SAYINGS } from './search-sayings.ts';
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
  said: Said;
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
  if ((text.match(/"/g)?.length ?? 0) % 2 === 1) return { terms, faults: [fault(text, 'quote_open')] };
  // An IPv6 address has colons too, but none of its parts is the name of a term.
  for (const [term, name, quoted, bare = ''] of text.matchAll(TERM)) {
    const value = quoted ?? bare;
    const kind = name?.toLowerCase();
    if (kind === undefined) terms.push({ kind: 'text', value });
    else if (isKind(kind)) {
      const wrong = faultOf(kind, value);
      if (wrong) faults.push(fault(term, ...wrong));
      else terms.push({ kind, value });
    } else if (/^[\da-f:./]+$/i.test(term)) terms.push({ kind: 'text', value: term });
    else faults.push(fault(term, 'no_such_term', { kind, kinds: KINDS.map((one) => `${one}:`).join(', ') }));
  }
  const dangling = /(\p{L}+):(?:\s|$)/u.exec(text.replaceAll(/"[^"]*"/g, '""'));
  if (dangling) faults.push(fault(`${dangling[1]}:`, 'value_missing'));
  if (terms.length > MOST_TERMS) faults.push(fault(text, 'many_terms', { most: MOST_TERMS }));
  return { terms, faults };
}

const isKind = (name: string): name is (typeof KINDS)[number] => (KINDS as readonly string[]).includes(name);

type Fault = [code: keyof typeof SEARCH_SAYINGS, params?: Said['params']];

const fault = (term: string, ...[code, params = {}]: Fault): SearchFault => ({
  term,
  message: fillIn(SEARCH_SAYINGS[code], params, String),
  said: { code, params },
});

function faultOf(kind: (typeof KINDS)[number], value: string): Fault | null {
  if (value.trim() === '') return ['value_missing'];
  if (kind === 'status' && !ServerStatus.safeParse(value.toLowerCase()).success)
    return ['no_status', { statuses: ServerStatus.options.join(', ') }];
  if (kind === 'vmid' && !/^[1-9]\d{0,8}$/.test(value)) return ['no_vm_id'];
  if (kind === 'ip' && !/^[\da-f:.]+(\/\d{1,3})?$/i.test(value)) return ['no_address_to_find'];
  return null;
}
