import type { Deps } from './deps.ts';
import { finalFailure } from './failures.ts';
import { openSecret } from './open-secret.ts';
import { writeSnippet } from './snippet.ts';
import { loadVm, requireOurVm } from './vm-context.ts';
import type { Server } from '../db/models/server.ts';
import { encodeSshKeys, formatIpconfig, formatNet0 } from '../proxmox/vm-config.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import { say } from '../contract/sayings.ts';

export function createConfigureVm(deps: Deps) {
  /** Gives the VM the plan's size, its network and its cloud-init settings. Writing the same twice changes nothing. */
  return async function configureVm(claim: OperationClaim): Promise<void> {
    const vm = await loadVm(deps, claim);
    const found = await requireOurVm(vm);
    const password = await openSecret(deps, vm.server.passwordSecretId);
    const userData = await openSecret(deps, vm.server.userDataSecretId);
    await vm.proxmox.updateConfig(found.node, found.vmid, {
      ...vmParameters(vm.server),
      ...(password ? { cipassword: password } : {}),
      ...(userData ? { cicustom: await writeSnippet(vm.server, userData) } : {}),
    });
  };
}

/** What a server's record says about its VM, as Proxmox configuration. */
export function vmParameters(server: Server): Record<string, string | number> {
  const addresses = server.ipAddresses ?? [];
  const v4 = addresses.find(({ address }) => !address.includes(':'));
  const v6 = addresses.find(({ address }) => address.includes(':'));
  const pool = v4?.pool ?? v6?.pool;
  if (!pool) throw finalFailure('no_address_left', say('no_address'));
  if (!server.macAddress) throw finalFailure('internal_error', 'an imported server cannot be configured');
  const keys = (server.sshKeys ?? []).map(({ publicKey }) => publicKey);
  const rateMbps = server.plan?.networkMbps;
  return {
    name: server.name,
    sockets: 1,
    cores: server.vcpu,
    memory: server.memoryMib,
    onboot: 1,
    tags: 'berth',
    smbios1: `uuid=${server.id}`,
    net0: formatNet0({
      model: 'virtio',
      mac: server.macAddress,
      bridge: pool.bridge,
      // Proxmox takes MB/s, plans are sold in Mbit/s.
      ...(rateMbps ? { rateMBps: rateMbps / 8 } : {}),
      ...(pool.vlan ? { tag: pool.vlan } : {}),
    }),
    ipconfig0: formatIpconfig({
      ...(v4?.pool ? { ip: withPrefix(v4.address, v4.pool.network), gateway: v4.pool.gateway } : {}),
      ...(v6?.pool ? { ip6: withPrefix(v6.address, v6.pool.network), gateway6: v6.pool.gateway } : {}),
    }),
    ...(pool.nameservers.length > 0 ? { nameserver: pool.nameservers.join(' ') } : {}),
    ciuser: server.template?.defaultUser ?? 'root',
    ...(keys.length > 0 ? { sshkeys: encodeSshKeys(keys) } : {}),
  };
}

const withPrefix = (address: string, network: string): string => `${address}/${network.split('/')[1]}`;
