import { tokenIdOf, type Wishes } from './context.ts';

interface Facts {
  endpoints: string[];
  fingerprint?: string;
  caFile?: string;
  wishes: Wishes;
  /** Shown, unless it is kept in a file. */
  secret: string | null;
}

const quote = (text: string): string =>
  /^[\w:.,/@+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** What Berth has to be told of the cluster, as settings of its environment and as a command. */
export function describeSettings({ endpoints, fingerprint, caFile, wishes, secret }: Facts): string {
  const tokenId = quote(tokenIdOf(wishes));
  const isKept = wishes.secretFile !== undefined && secret !== null;
  const file = wishes.secretFile === undefined ? '<file>' : quote(wishes.secretFile);
  const settings = [
    `PROXMOX_URL=${endpoints.join(',')}`,
    ...(fingerprint ? [`PROXMOX_FINGERPRINT=${fingerprint}`] : []),
    ...(caFile ? [`PROXMOX_CA="$(cat ${quote(caFile)})"`] : []),
    `PROXMOX_TOKEN_ID=${tokenId}`,
    isKept
      ? `PROXMOX_TOKEN_SECRET="$(cat ${file})"`
      : `PROXMOX_TOKEN_SECRET=${secret ?? '<known to who made the token; --new-secret replaces it>'}`,
  ];
  const trust = [
    ...(fingerprint ? [`--fingerprint ${fingerprint}`] : []),
    ...(caFile ? [`--ca-file ${quote(caFile)}`] : []),
  ];
  const command = [
    'npm run cluster:add -- --name <name> --location <location>',
    ...endpoints.map((endpoint) => `--url ${endpoint}`),
    ...trust,
    `--token-id ${tokenId} --token-secret-file ${file}`,
  ].join(' \\\n  ');
  return [
    'For the environment of Berth, as its first cluster:',
    '',
    ...settings,
    '',
    'Or added to a Berth that runs:',
    '',
    command,
  ].join('\n');
}
