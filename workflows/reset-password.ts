import { proxmox } from './proxies.ts';
import { runOperation } from './run-operation.ts';
import type { OperationInput } from '../contract/temporal.ts';
import { tell } from '../contract/sayings.ts';

/** Sets a password inside a server: by its guest agent, or else by cloud-init, for which it is rebooted. */
export async function resetPassword(input: OperationInput): Promise<void> {
  await runOperation(input, async (run) => {
    const { serverName } = run;
    const byAgent = await run.step(
      'agent',
      (claim) => proxmox(`ask the guest agent of ${serverName} to set a password`).setPasswordByAgent(claim),
      (it) => it,
    );
    if (byAgent.isSet) {
      run.leaveOut('cloudinit', tell('set_by_agent'));
      run.leaveOut('reboot', tell('not_needed'));
      return;
    }
    const byCloudInit = await run.step(
      'cloudinit',
      (claim) => proxmox(`hand a password for ${serverName} to cloud-init`).setPasswordByCloudInit(claim),
      (it) => it,
    );
    if (!byCloudInit.needsReboot) {
      run.leaveOut('reboot', tell('set_when_started'));
      return;
    }
    await run.step(
      'reboot',
      (claim) => proxmox(`reboot ${serverName}`).powerVm({ ...claim, action: 'reboot' }),
      (it) => it,
    );
  });
}
