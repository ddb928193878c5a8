import type { Said } from '../../contract/said.ts';

/** A text by its code, left out where there is none. */
export const saidOf = (said: Said | null): { said?: Said } => (said ? { said } : {});
