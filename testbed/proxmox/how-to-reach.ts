import type { Simulator } from './simulator.ts';

/** What a person needs to try a client on a simulator. */
export function howToReach(
  { url, fingerprint, token, rootPassword, state }: Simulator,
  { caFile, controlUrl }: { caFile: string; controlUrl: string | undefined },
): string {
  const { hostname, port } = new URL(url);
  const [userid = '', name = ''] = token.id.split('!');
  const templates = Object.values(state.vms)
    .filter(({ config }) => config.template)
    .map(({ vmid, config }) => `${vmid} (${config.name})`);
  const lines = [
    `A simulated Proxmox VE ${state.release} answers at ${url}; Ctrl-C ends it.`,
    '',
    `  nodes        ${state.nodes.map(({ node }) => node).join(', ')}`,
    `  templates    ${templates.join(', ')}`,
    `  user         root@pam, password ${rootPassword}`,
    `  token        ${token.id}=${token.secret}`,
    `  certificate  ${caFile}`,
    `               SHA-256 ${fingerprint}`,
    ...(controlUrl === undefined ? [] : [`  control      ${controlUrl}`]),
    '',
    'curl:',
    `  curl --cacert ${caFile} -H 'Authorization: PVEAPIToken=${token.id}=${token.secret}' ${url}/api2/json/nodes`,
    '',
    'Terraform (bpg/proxmox):',
    '  provider "proxmox" {',
    `    endpoint  = "${url}/"`,
    `    api_token = "${token.id}=${token.secret}"`,
    '    insecure  = true',
    '  }',
    '',
    'Python (proxmoxer):',
    '  from proxmoxer import ProxmoxAPI',
    `  proxmox = ProxmoxAPI('${hostname}', port=${port}, user='${userid}', token_name='${name}',`,
    `                       token_value='${token.secret}', verify_ssl=False)`,
    '  print(proxmox.nodes.get())',
  ];
  return `${lines.join('\n')}\n`;
}
