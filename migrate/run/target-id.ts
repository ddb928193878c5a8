import { hash } from 'node:crypto';

/** The id a row of the source gets in Berth: the same in every run, so that nothing depends on which worker was first. */
export function targetId(source: string, entity: string, sourceId: number): string {
  const digits = hash('md5', `${source} ${entity} ${sourceId}`);
  // The digits that tell the version and the variant of a UUID.
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `8${digits.slice(13, 16)}`];
  return [...parts, `a${digits.slice(17, 20)}`, digits.slice(20)].join('-');
}

/** The same for an item `i`, in SQL. */
export const TARGET_ID = `overlay(overlay(md5(concat_ws(' ', :source::text, i.entity, i.source_id))
  placing '8' from 13 for 1) placing 'a' from 17 for 1)::uuid`;
