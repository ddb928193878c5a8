import { hash } from 'node:crypto';

/**
 * The id a row of the source gets in Berth: the same in every run, so that nothing depends on which worker was first, and
 * in the order of the source's ids, so that rows written after another stand beside another in every index. A UUID of
 * version 8 (RFC 9562): source and entity, then the id.
 */
export function targetId(source: string, entity: string, sourceId: number): string {
  return `${prefixOf(source, entity)}-${sourceId.toString(16).padStart(12, '0')}`;
}

const prefixes = new Map<string, string>();

function prefixOf(source: string, entity: string): string {
  const name = `${source} ${entity}`;
  const known = prefixes.get(name);
  if (known !== undefined) return known;
  const digits = hash('md5', name);
  const parts = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `a${digits.slice(17, 20)}`,
  ];
  const prefix = parts.join('-');
  prefixes.set(name, prefix);
  return prefix;
}

/** The same for an item `i`, in SQL. */
export const TARGET_ID = `(overlay(overlay(left(md5(concat_ws(' ', :source::text, i.entity)), 20)
  placing '8' from 13 for 1) placing 'a' from 17 for 1) || lpad(to_hex(i.source_id), 12, '0'))::uuid`;
