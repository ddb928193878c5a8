/** A pattern for SQL's `like` that finds what contains this text, small or large; compare it with `lower(…)`. */
export const likePattern = (text: string): string =>
  `%${text.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
