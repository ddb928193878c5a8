import { z } from 'zod';

/** A number or name in a text, a text within it, or a list of those. */
export type SaidValue = string | number | Said | Said[];

/** A text as its code and what stands in it, so that it can be said in any language. */
export interface Said {
  code: string;
  params: Record<string, SaidValue>;
}

export const Said: z.ZodType<Said> = z
  .object({
    code: z.string(),
    get params() {
      return z.record(z.string(), z.union([z.string(), z.number(), Said, z.array(Said)]));
    },
  })
  .meta({
    id: 'Said',
    description:
      'The same text as a stable code and what stands in it; left out where there is no code for it',
  });
