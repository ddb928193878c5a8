import type { Deps } from './deps.ts';
import { finalFailure } from './failures.ts';
import { openSecret } from './open-secret.ts';
import {
  loadVm,
  observePower,
  requireOurVm,
  requireStep,
  type FoundVm,
  type VmContext,
} from './vm-context.ts';
import { ProxmoxError } from '../proxmox/errors.ts';
import { parseDisk } from '../proxmox/vm-config.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import { say, tell, told, type Told } from '../contract/sayings.ts';

const SILENT = {
  silent: 'agent_silent',
  not_configured: 'agent_off',
  vm_not_running: 'server_stopped',
} as const;

export function createSetPasswordByAgent(deps: Deps) {
  /**
   * Has the guest agent set the new password of the server's user, if it answers; else says why not, so that cloud-init
   * can. Fails when that would take a reboot which is not allowed. The same password again changes nothing.
   */
  return async function setPasswordByAgent(claim: OperationClaim): Promise<Told & { isSet: boolean }> {
    const vm = await loadVm(deps, claim);
    const found = await requireOurVm(vm);
    const { node, vmid } = found;
    if ((await observePower(deps, vm, found)) === 'stopped')
      return { isSet: false, ...tell(SILENT.vm_not_running) };
    const answer = await vm.proxmox.agentPing(node, vmid);
    if (answer !== 'answering') {
      const reason = say(SILENT[answer]);
      if (vm.operation.params.allowReboot || answer === 'vm_not_running')
        return { isSet: false, ...told(reason) };
      throw finalFailure('agent_not_running', say('password_unchanged', { reason }));
    }
    const user = userOf(vm, found);
    await requireStep(deps, claim, 'agent');
    await withPassword(deps, vm, async (password) => vm.proxmox.agentSetPassword(node, vmid, user, password));
    return { isSet: true, ...tell('password_set', { user }) };
  };
}

export function createSetPasswordByCloudInit(deps: Deps) {
  /**
   * Leaves the new password to cloud-init, whose drive Proxmox writes anew at every start: it takes a reboot, unless the
   * server is stopped anyway.
   */
  return async function setPasswordByCloudInit(
    claim: OperationClaim,
  ): Promise<Told & { needsReboot: boolean }> {
    const vm = await loadVm(deps, claim);
    const found = await requireOurVm(vm);
    if (!Object.values(found.config.values).some(isCloudInitDrive)) {
      throw finalFailure('agent_not_running', say('no_cloud_init'));
    }
    await requireStep(deps, claim, 'cloudinit');
    await withPassword(deps, vm, async (cipassword) =>
      vm.proxmox.updateConfig(found.node, found.vmid, { cipassword }),
    );
    const isRunning = (await observePower(deps, vm, found)) !== 'stopped';
    return {
      needsReboot: isRunning && vm.operation.params.allowReboot === true,
      ...tell('cloud_init_next'),
    };
  };
}

/** Whose password it is: the user that customers are told to log in as. */
function userOf({ server }: VmContext, { config }: FoundVm): string {
  return server.template?.defaultUser ?? (config.values['ciuser']?.trim() || 'root');
}

/** The names that Proxmox gives the drive, as qemu-server's Drive.pm knows it again. */
const isCloudInitDrive = (value: string): boolean =>
  /[:/](?:vm-\d+-)?cloudinit(?:\.\w+)?$/.test(parseDisk(value).volume);

/** Opens the new password for one call. What a guest says about it may hold it: no word of that may get any further. */
async function withPassword(
  deps: Deps,
  { operation }: VmContext,
  use: (password: string) => Promise<void>,
): Promise<void> {
  const password = await openSecret(deps, operation.params.passwordSecretId ?? null);
  if (password === null) throw finalFailure('internal_error', 'the operation holds no password');
  try {
    await use(password);
  } catch (err) {
    if (!(err instanceof ProxmoxError)) throw err;
    throw err.as({ reason: err.reason.replaceAll(password, '[the password]') });
  }
}
