import { proxmox } from './proxies.ts';
import { runOperation } from './run-operation.ts';
import type { PowerInput } from '../contract/temporal.ts';

/** Starts, shuts down, stops, reboots or resets a server, and ends only when Proxmox shows the wanted state. */
export async function powerServer(input: PowerInput): Promise<void> {
  const { action } = input;
  await runOperation(input, async (run) => {
    const summary = `${action} ${run.serverName}`;
    await run.step(
      action,
      (claim) => proxmox(summary).powerVm({ ...claim, action }),
      (it) => it,
    );
  });
}
