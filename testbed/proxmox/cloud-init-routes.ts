import { createHash } from 'node:crypto';

import { requireVm } from './cluster.ts';
import type { Vm, VmConfig } from './cluster-state.ts';
import type { Route } from './route.ts';
import { macAddressOf } from './vm-config.ts';

/** What /cloudinit lists; addresses and `ciupgrade` are not among it. */
const LISTED_KEYS = ['cicustom', 'cipassword', 'citype', 'ciuser', 'nameserver', 'searchdomain', 'sshkeys'];

function textOf(config: VmConfig, key: string): string {
  return String(config[key] ?? '').trim();
}

/** The name the guest gives itself, and the one with its domain. */
export function guestNames(vm: Vm, config: VmConfig): { hostname: string; fqdn: string } {
  const name = String(config.name ?? `VM${vm.vmid}`);
  const [hostname = name] = name.split('.');
  const domain = textOf(config, 'searchdomain');
  return { hostname, fqdn: name.includes('.') || domain === '' ? name : `${name}.${domain}` };
}

function userData(vm: Vm): string {
  const { config } = vm;
  const { hostname, fqdn } = guestNames(vm, config);
  const lines = ['#cloud-config', `hostname: ${hostname}`, 'manage_etc_hosts: true', `fqdn: ${fqdn}`];
  const [user, password] = [textOf(config, 'ciuser'), textOf(config, 'cipassword')];
  if (user) lines.push(`user: ${user}`);
  else lines.push('disable_root: False');
  if (password) lines.push(`password: ${password}`);
  const keys = decodeURIComponent(textOf(config, 'sshkeys')).split(/\r?\n/).filter(Boolean);
  if (keys.length > 0) lines.push('ssh_authorized_keys:', ...keys.map((key) => `  - ${key}`));
  lines.push('chpasswd:', '  expire: False');
  if (user !== 'root') lines.push('users:', '  - default');
  if (config.ciupgrade !== 0) lines.push('package_upgrade: true');
  return `${lines.join('\n')}\n`;
}

function netmask(prefix: number): string {
  const bits = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}

function subnetLines(ipconfig: string): string[] {
  const given = Object.fromEntries(ipconfig.split(',').map((part) => part.split('=') as [string, string]));
  const lines: string[] = [];
  const { ip, gw, ip6, gw6 } = given;
  if (ip === 'dhcp') lines.push('      - type: dhcp4');
  else if (ip) {
    const [address, prefix] = ip.split('/');
    lines.push(
      '      - type: static',
      `        address: '${address}'`,
      `        netmask: '${netmask(Number(prefix))}'`,
    );
    if (gw) lines.push(`        gateway: '${gw}'`);
  }
  if (ip6 === 'auto') lines.push('      - type: ipv6_slaac');
  else if (ip6 === 'dhcp') lines.push('      - type: dhcp6');
  else if (ip6) {
    lines.push('      - type: static6', `        address: '${ip6}'`);
    if (gw6) lines.push(`        gateway: '${gw6}'`);
  }
  return lines;
}

function networkData({ config }: Vm): string {
  const lines = ['version: 1', 'config:'];
  for (let n = 0; n <= 31; n += 1) {
    const [net, ipconfig] = [config[`net${n}`], textOf(config, `ipconfig${n}`)];
    if (net === undefined) continue;
    lines.push('    - type: physical', `      name: eth${n}`);
    lines.push(`      mac_address: '${macAddressOf(String(net)).toLowerCase()}'`);
    if (ipconfig) lines.push('      subnets:', ...subnetLines(ipconfig));
  }
  // Without a nameserver of its own a VM gets those of its node.
  const servers = textOf(config, 'nameserver') || '127.0.0.1';
  lines.push('    - type: nameserver', '      address:');
  for (const address of servers.split(/[\s,;]+/)) lines.push(`      - '${address}'`);
  const domains = textOf(config, 'searchdomain')
    .split(/[\s,;]+/)
    .filter(Boolean);
  if (domains.length > 0) lines.push('      search:', ...domains.map((domain) => `      - '${domain}'`));
  return `${lines.join('\n')}\n`;
}

/** The instance id changes with what it was made of, so that cloud-init runs anew. */
function metaData(vm: Vm): string {
  const id = createHash('sha1').update(userData(vm)).update(networkData(vm)).digest('hex');
  return `instance-id: ${id}\n`;
}

const DUMPS = { user: userData, network: networkData, meta: metaData };

/** /nodes/{node}/qemu/{vmid}/cloudinit; all of it works without a cloud-init drive too. */
export const cloudInitRoutes: Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/cloudinit',
    handle: ({ cluster, node, vmid }) => {
      const { config } = requireVm(cluster, node, vmid);
      return LISTED_KEYS.filter((key) => config[key] !== undefined).map((key) => ({
        key,
        value: key === 'cipassword' ? '**********' : config[key],
      }));
    },
  },
  {
    method: 'PUT',
    path: '/nodes/{node}/qemu/{vmid}/cloudinit',
    isForwarded: true,
    handle: ({ cluster, node, vmid }) => {
      requireVm(cluster, node, vmid);
      return null;
    },
  },
  {
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/cloudinit/dump',
    handle: ({ cluster, node, vmid, params }) =>
      DUMPS[params.type as keyof typeof DUMPS](requireVm(cluster, node, vmid)),
  },
];
