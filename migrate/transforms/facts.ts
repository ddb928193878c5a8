import { trimText } from './text.ts';

/** The eight cycles of WHMCS, as tblhosting spells them. */
export const CYCLES = [
  'Free Account',
  'One Time',
  'Monthly',
  'Quarterly',
  'Semi-Annually',
  'Annually',
  'Biennially',
  'Triennially',
] as const;
export type Cycle = (typeof CYCLES)[number];

const LABEL = /^[\da-z](?:[\da-z-]{0,61}[\da-z])?$/;

/** A legal host name in lower case; undefined when the text is none, as with an underscore in it. */
export function parseHostname(text: string): string | undefined {
  const name = trimText(text).toLowerCase().replace(/\.$/, '');
  if (name === '' || name.length > 253) return undefined;
  return name.split('.').every((label) => LABEL.test(label)) ? name : undefined;
}

/** A calendar date as YYYY-MM-DD; null for the zero date and for days that are not there or absurd. */
export function parseDate(text: string | null): string | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[ T]|$)/.exec(text ?? '');
  if (!match) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (year < 1900 || year > 2100) return null;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
    ? date.toISOString().slice(0, 10)
    : null;
}

/** An exact decimal with two digits after the point; undefined when the text is none. Never goes through a float. */
export function parseMoney(text: string): string | undefined {
  const match = /^(-?)0*(\d{1,30})(?:\.(\d*))?$/.exec(trimText(text));
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  // A module may have widened the column; more digits than two must not be cut off unless they are zeros.
  if (!/^\d{0,2}0*$/.test(fraction)) return undefined;
  const value = `${whole}.${fraction.slice(0, 2).padEnd(2, '0')}`;
  return sign && !/^[0.]+$/.test(value) ? `-${value}` : value;
}

/** The address people log in with: trimmed, composed, in lower case; dots and plus tags stay. */
export function parseEmail(text: string): string | undefined {
  const email = trimText(text).normalize('NFC').toLowerCase();
  return email.length <= 320 && /^[^\s@<>",;]+@[^\s@<>",;.]+(?:\.[^\s@<>",;.]+)*$/.test(email)
    ? email
    : undefined;
}

const MAC = /^[\da-f]{2}(?:([:-]?)[\da-f]{2})(?:\1[\da-f]{2}){4}$|^[\da-f]{4}(?:\.[\da-f]{4}){2}$/;

/** A MAC address as `bc:24:11:00:00:01`, from any of the usual spellings; undefined when the text is none. */
export function parseMac(text: string): string | undefined {
  const mac = trimText(text).toLowerCase();
  return MAC.test(mac) ? mac.match(/[\da-f]{2}/g)?.join(':') : undefined;
}

/** A number a VM on Proxmox can have. */
export function parseVmid(text: string): number | undefined {
  const digits = trimText(text);
  const vmid = /^\d{1,9}$/.test(digits) ? Number(digits) : 0;
  return vmid >= 100 ? vmid : undefined;
}
