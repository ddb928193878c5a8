/** What an invited user may do: WHMCS keeps a JSON list, older rows a list with commas. */
export function parsePermissions(text: string): string[] {
  return [...new Set(text.match(/[a-z][a-z_]*/gi) ?? [])]
    .map((name) => name.toLowerCase())
    .filter((name) => name !== 'null');
}
