import { createInspectAdoption, createLeaseAdopted, createMarkVm, createUnmarkVm } from './adopt-vm.ts';
import { createCheckMigration } from './check-migration.ts';
import { createBeginReconcile, createEndReconcile } from './begin-reconcile.ts';
import { createCheckRebuild } from './check-rebuild.ts';
import { createCheckResize } from './check-resize.ts';
import { createClaimOperation } from './claim-operation.ts';
import { createCloneTemplate } from './clone-template.ts';
import { createConfigureVm } from './configure-vm.ts';
import { createDeliverMail } from './deliver-mail.ts';
import type { Deps } from './deps.ts';
import { createDestroyVm, createStopForRemoval } from './destroy-vm.ts';
import { createFinishOperation } from './finish-operation.ts';
import { createInspectVm } from './inspect-vm.ts';
import { createLeaseVmid } from './lease-vmid.ts';
import { createListUnclaimedVms } from './list-unclaimed-vms.ts';
import { createMoveVm, createSettleMove, createVerifyMove } from './move-vm.ts';
import { createLeavePause, createPauseOperation, createTakeDecision } from './pause-operation.ts';
import { createPlaceServer } from './place-server.ts';
import { createPowerVm, createStartVm } from './power-vm.ts';
import { createReconcileLeases } from './reconcile-leases.ts';
import { createReconcileNode } from './reconcile-node.ts';
import { createReconcileVolumes } from './reconcile-volumes.ts';
import { createReleaseLeases } from './release-leases.ts';
import { createRepairServer } from './repair-server.ts';
import { createRemoveRescue, createRestartVm, createInsertRescue, createUndoRescue } from './rescue.ts';
import { createReportSteps, withReports } from './report-steps.ts';
import { createResizeDisk } from './resize-disk.ts';
import { createRestorePower } from './restore-power.ts';
import { createSetPasswordByAgent, createSetPasswordByCloudInit } from './set-password.ts';
import { createSettleMail } from './settle-mail.ts';
import { createSettleOrphan } from './settle-orphan.ts';
import { createRestoreVmSize, createSetVmSize } from './set-vm-size.ts';
import {
  createBlockVm,
  createShutDownBlockedVm,
  createStartUnblockedVm,
  createUnblockVm,
} from './suspend-vm.ts';
import { createWaitUntilReady } from './wait-until-ready.ts';
import { withProxmoxFailures } from './with-proxmox-failures.ts';
import { withTranslatedErrors } from './with-translated-errors.ts';

/** Run on the queue `servers`, beside the workflows. */
export function createDatabaseActivities(deps: Pick<Deps, 'database'>) {
  return {
    claimOperation: createClaimOperation(deps),
    reportSteps: createReportSteps(deps),
    pauseOperation: createPauseOperation(deps),
    takeDecision: createTakeDecision(deps),
    leavePause: createLeavePause(deps),
    finishOperation: createFinishOperation(deps),
    endReconcile: createEndReconcile(deps),
    settleMail: createSettleMail(deps),
    ...withReports(deps, {
      placeServer: createPlaceServer(deps),
      releaseLeases: createReleaseLeases(deps),
      leaseAdopted: createLeaseAdopted(deps),
    }),
  };
}

/** Run on the queue `proxmox`: everything that calls a cluster. */
export function createProxmoxActivities(deps: Deps) {
  const steps = withTranslatedErrors(deps, {
    leaseVmid: createLeaseVmid(deps),
    cloneTemplate: createCloneTemplate(deps),
    configureVm: createConfigureVm(deps),
    resizeDisk: createResizeDisk(deps),
    checkRebuild: createCheckRebuild(deps),
    checkResize: createCheckResize(deps),
    setVmSize: createSetVmSize(deps),
    restoreVmSize: createRestoreVmSize(deps),
    startVm: createStartVm(deps),
    waitUntilReady: createWaitUntilReady(deps),
    powerVm: createPowerVm(deps),
    restorePower: createRestorePower(deps),
    inspectVm: createInspectVm(deps),
    inspectAdoption: createInspectAdoption(deps),
    markVm: createMarkVm(deps),
    unmarkVm: createUnmarkVm(deps),
    checkMigration: createCheckMigration(deps),
    moveVm: createMoveVm(deps),
    verifyMove: createVerifyMove(deps),
    settleMove: createSettleMove(deps),
    blockVm: createBlockVm(deps),
    shutDownBlockedVm: createShutDownBlockedVm(deps),
    unblockVm: createUnblockVm(deps),
    startUnblockedVm: createStartUnblockedVm(deps),
    stopForRemoval: createStopForRemoval(deps),
    destroyVm: createDestroyVm(deps),
    insertRescue: createInsertRescue(deps),
    removeRescue: createRemoveRescue(deps),
    restartVm: createRestartVm(deps),
    undoRescue: createUndoRescue(deps),
    setPasswordByAgent: createSetPasswordByAgent(deps),
    setPasswordByCloudInit: createSetPasswordByCloudInit(deps),
  });
  const ofClusters = withProxmoxFailures({
    beginReconcile: createBeginReconcile(deps),
    reconcileNode: createReconcileNode(deps),
    reconcileLeases: createReconcileLeases(deps),
    reconcileVolumes: createReconcileVolumes(deps),
    repairServer: createRepairServer(deps),
    settleOrphan: createSettleOrphan(deps),
    listUnclaimedVms: createListUnclaimedVms(deps),
  });
  return { ...withReports(deps, steps), ...ofClusters };
}

/** Run on the queue `mail`, so that a mail server that hangs holds up nothing else. */
export function createMailActivities(deps: Pick<Deps, 'database' | 'secretBox' | 'sendMail'>) {
  return { deliverMail: createDeliverMail(deps) };
}

export type MailActivities = ReturnType<typeof createMailActivities>;
export type DatabaseActivities = ReturnType<typeof createDatabaseActivities>;
export type ProxmoxActivities = ReturnType<typeof createProxmoxActivities>;
