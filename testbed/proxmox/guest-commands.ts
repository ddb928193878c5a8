import { guestNames } from './cloud-init-routes.ts';
import type { Cluster } from './cluster.ts';
import type { Guest, Vm } from './cluster-state.ts';
import { guestAddresses } from './guests.ts';

/** What a command prints in a guest: of a shell's commands the few that tell about it; the others print nothing. */
export function outputOf(cluster: Cluster, vm: Vm, guest: Guest, command: string): string {
  const { hostname, fqdn } = guestNames(vm, guest.config);
  if (command === 'hostname') return `${hostname}\n`;
  if (command === 'hostname -f') return `${fqdn}\n`;
  if (command === 'cat /etc/hostname') return `${hostname}\n`;
  if (command.startsWith('echo ')) return `${command.slice(5)}\n`;
  const card = /^ip -br a show eth(\d+)$/.exec(command)?.[1];
  if (card === undefined) return '';
  const addresses = guestAddresses(cluster, vm, guest, Number(card));
  return `${`eth${card}`.padEnd(17)}${'UP'.padEnd(15)}${addresses.map((address) => `${address} `).join('')}\n`;
}
