import { isIPv4, isIPv6 } from 'node:net';
import { trimText } from './text.ts';

export interface Addresses {
  primary: string | null;
  extra: string[];
  /** With the prefix length where one was given. */
  ipv6: string[];
  /** What was no address. */
  bad: string[];
}

/** Reads tblhosting's dedicatedip and assignedips: free text, one address per line at best. */
export function parseAddresses(dedicated: string, assigned: string): Addresses {
  const found: Addresses = { primary: null, extra: [], ipv6: [], bad: [] };
  const ipv4: string[] = [];
  for (const line of `${dedicated}\n${assigned}`.split(/[\r\n,;]+/)) {
    const text = trimText(line);
    if (text === '') continue;
    const { address, isV6 } = parseLine(text);
    if (address === undefined) found.bad.push(text);
    else (isV6 ? found.ipv6 : ipv4).push(address);
  }
  const [primary = null, ...extra] = new Set(ipv4);
  return { ...found, primary, extra, ipv6: [...new Set(found.ipv6)] };
}

/** An address, perhaps with a prefix length, perhaps followed by a note. */
function parseLine(text: string): { address?: string; isV6: boolean } {
  const first = text.split(/[\s(]/, 1)[0] ?? '';
  const [address = '', prefix, ...more] = first.split('/');
  const bits = prefix === undefined ? 0 : Number(prefix);
  if (more.length > 0 || prefix === '' || !Number.isInteger(bits) || bits < 0) return { isV6: false };
  if (isIPv4(address) && bits <= 32) return { address, isV6: false };
  if (isIPv6(address) && bits <= 128) return { address: first.toLowerCase(), isV6: true };
  return { isV6: false };
}
