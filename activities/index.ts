import { createCheckMigration } from './check-migration.ts';
import { createClaimOperation } from './claim-operation.ts';
import { createCloneTemplate } from './clone-template.ts';
import { createConfigureVm } from './configure-vm.ts';
import type { Deps } from './deps.ts';
import { createDestroyVm, createStopForRemoval } from './destroy-vm.ts';
import { createFinishOperation } from './finish-operation.ts';
import { createLeaseVmid } from './lease-vmid.ts';
import { createMoveVm, createSettleMove, createVerifyMove } from './move-vm.ts';
import { createPauseOperation, createTakeDecision } from './pause-operation.ts';
import { createPlaceServer } from './place-server.ts';
import { createPowerVm, createStartVm } from './power-vm.ts';
import { createReleaseLeases } from './release-leases.ts';
import { createReportSteps } from './report-steps.ts';
import { createResizeDisk } from './resize-disk.ts';
import { createRestorePower } from './restore-power.ts';
import { createSetPasswordByAgent, createSetPasswordByCloudInit } from './set-password.ts';
import { createWaitUntilReady } from './wait-until-ready.ts';
import { withTranslatedErrors } from './with-translated-errors.ts';

/** Run on the queue `servers`, beside the workflows. */
export function createDatabaseActivities(deps: Pick<Deps, 'database'>) {
  return {
    claimOperation: createClaimOperation(deps),
    reportSteps: createReportSteps(deps),
    pauseOperation: createPauseOperation(deps),
    takeDecision: createTakeDecision(deps),
    finishOperation: createFinishOperation(deps),
    placeServer: createPlaceServer(deps),
    releaseLeases: createReleaseLeases(deps),
  };
}

/** Run on the queue `proxmox`: everything that calls a cluster. */
export function createProxmoxActivities(deps: Deps) {
  return withTranslatedErrors(deps, {
    leaseVmid: createLeaseVmid(deps),
    cloneTemplate: createCloneTemplate(deps),
    configureVm: createConfigureVm(deps),
    resizeDisk: createResizeDisk(deps),
    startVm: createStartVm(deps),
    waitUntilReady: createWaitUntilReady(deps),
    powerVm: createPowerVm(deps),
    restorePower: createRestorePower(deps),
    checkMigration: createCheckMigration(deps),
    moveVm: createMoveVm(deps),
    verifyMove: createVerifyMove(deps),
    settleMove: createSettleMove(deps),
    stopForRemoval: createStopForRemoval(deps),
    destroyVm: createDestroyVm(deps),
    setPasswordByAgent: createSetPasswordByAgent(deps),
    setPasswordByCloudInit: createSetPasswordByCloudInit(deps),
  });
}

export type DatabaseActivities = ReturnType<typeof createDatabaseActivities>;
export type ProxmoxActivities = ReturnType<typeof createProxmoxActivities>;
