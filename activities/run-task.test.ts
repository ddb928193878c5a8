import { ActivityCancellationDetails } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { runTask, type TaskRequest } from './run-task.ts';
import { loadVm } from './vm-context.ts';
import { OperationTask } from '../db/models/operation-task.ts';
import { Operation } from '../db/models/operation.ts';
import { createTaskWatcher, type TaskWatcher } from '../proxmox/tasks.ts';
import { claim, newAttempt, serverAfter } from '../tests/activity.ts';
import { requestOperation } from '../tests/order.ts';
import { createEstate, type Estate } from '../tests/stack.ts';
import { until } from '../tests/until.ts';

let estate: Estate;
beforeAll(async () => {
  estate = await createEstate();
});
afterAll(async () => estate.close());
afterEach(() => estate.simulator.faults.clear());

const allTasks = () => estate.simulator.state.tasks;
const taskOf = (upid: string) => {
  const found = allTasks().find((task) => task.upid === upid);
  if (!found) throw new Error(`no task ${upid}`);
  return found;
};

/** A cloned, stopped VM, and a way to start it as the step of an operation. */
async function stoppedVm() {
  const work = await serverAfter(estate, 'clone');
  const { vmid, node } = work;
  const { proxmox, tasks } = await estate.deps.clusters.of(estate.cluster.id);
  const environment = (attempt = 1) => newAttempt({ attempt });
  const run = async (
    overrides: Partial<TaskRequest> & {
      attempt?: number;
      as?: typeof work.claim;
      watcher?: TaskWatcher;
    } = {},
    activity = environment(overrides.attempt),
  ) => {
    const { attempt: _attempt, as = work.claim, watcher = tasks, ...rest } = overrides;
    await activity.run(async () =>
      runTask(
        estate.deps,
        { ...(await loadVm(estate.deps, as)), tasks: watcher },
        {
          step: 'start',
          node,
          type: 'qmstart',
          vmid,
          start: () => proxmox.start(node, vmid),
          ...rest,
        },
      ),
    );
  };
  return {
    ...work,
    proxmox,
    tasks,
    run,
    environment,
    starts: () => allTasks().filter(({ type, id }) => type === 'qmstart' && id === String(vmid)),
    stopNow: async () => tasks.wait(await proxmox.stop(node, vmid)),
    saved: async (operationId = work.operation.id) =>
      OperationTask.query(estate.database).findById([operationId, 'start']),
  };
}

const slowNextStart = (ms = 60_000) =>
  estate.simulator.faults.add({ path: '/status/start$', action: 'slowTask', ms });
const failNextStart = (message: string, count = 1) =>
  estate.simulator.faults.add({ path: '/status/start$', action: 'failTask', message, count });

it('starts a task once, saves its id and how it ended', async () => {
  const { run, starts, saved } = await stoppedVm();
  await run();
  const [task] = starts();
  expect(starts()).toHaveLength(1);
  expect(await saved()).toMatchObject({ upid: task?.upid, exitStatus: 'OK', finishedAt: expect.any(Date) });
});

it('throws what Proxmox said when the task fails, and saves that too', async () => {
  const { run, saved } = await stoppedVm();
  failNextStart('start failed: no space left on device');
  await expect(run()).rejects.toMatchObject({ code: 'storage_full', kind: 'final' });
  expect(await saved()).toMatchObject({ exitStatus: 'start failed: no space left on device' });
});

it('takes a task that ended with warnings for a success', async () => {
  const { run } = await stoppedVm();
  failNextStart('WARNINGS: 2');
  await run();
});

it('goes on with the task saved before instead of starting a second one', async () => {
  const { run, starts, saved, proxmox, node, vmid, operation } = await stoppedVm();
  const upid = await proxmox.start(node, vmid);
  await OperationTask.query(estate.database).insert({ operationId: operation.id, step: 'start', upid });
  await run({ attempt: 2 });
  expect(starts()).toHaveLength(1);
  expect(await saved()).toMatchObject({ upid, exitStatus: 'OK' });
});

it('saves the id while the task still runs', async () => {
  const { run, saved, starts, proxmox } = await stoppedVm();
  slowNextStart();
  const running = run();
  const ended = running.catch((err: unknown) => err);
  await until(async () => (await saved()) !== undefined);
  const [task] = starts();
  expect(await saved()).toMatchObject({ upid: task?.upid, exitStatus: null, finishedAt: null });
  await proxmox.stopTask(task?.upid ?? '');
  expect(await ended).toMatchObject({ code: 'task_interrupted', kind: 'unknown' });
});

it('adopts the task whose answer was lost', async () => {
  const { run, starts, saved, proxmox, node, vmid } = await stoppedVm();
  const upid = await proxmox.start(node, vmid); // the answer never reached the first attempt
  await run({ attempt: 2 });
  expect(starts()).toHaveLength(1);
  expect(await saved()).toMatchObject({ upid, exitStatus: 'OK' });
});

it.each([-3_600, 3_600])('adopts it too when the clock of the node is %i s wrong', async (seconds) => {
  const { run, starts, saved, proxmox, node, vmid } = await stoppedVm();
  estate.simulator.faults.add({ action: 'clockSkew', seconds });
  const upid = await proxmox.start(node, vmid);
  await run({ attempt: 2 });
  expect(starts()).toHaveLength(1);
  expect(await saved()).toMatchObject({ upid, exitStatus: 'OK' });
});

it('adopts it too when the clock of the node was set back after the task before', async () => {
  const { run, starts, saved, proxmox, node, vmid } = await stoppedVm();
  failNextStart('start failed: who knows');
  await expect(run()).rejects.toMatchObject({ code: 'task_failed' });
  estate.simulator.faults.add({ action: 'clockSkew', seconds: -3_600 });
  const upid = await proxmox.start(node, vmid);
  await run({ attempt: 2 });
  expect(starts()).toHaveLength(2);
  expect(await saved()).toMatchObject({ upid, exitStatus: 'OK' });
});

it('does not adopt a task that is older than what the server has seen on that node', async () => {
  const { run, starts, proxmox, node, vmid, tasks, operation, saved } = await stoppedVm();
  failNextStart('start failed: who knows');
  const forgotten = await proxmox.start(node, vmid);
  await tasks.wait(forgotten);
  const later = await proxmox.stop(node, vmid);
  await tasks.wait(later);
  await OperationTask.query(estate.database).insert({
    operationId: operation.id,
    step: 'earlier',
    upid: later,
    startedAt: new Date(),
  });
  await run({ attempt: 2 });
  expect(starts()).toHaveLength(2);
  expect((await saved())?.upid).not.toBe(forgotten);
});

it('looks again when the node has forgotten the task', async () => {
  const { run, starts, saved, proxmox, node, vmid, stopNow, operation } = await stoppedVm();
  const forgotten = (await proxmox.start(node, vmid)).replace(/^(UPID:[^:]+:)[^:]+/, '$100000001');
  await stopNow();
  await OperationTask.query(estate.database).insert({
    operationId: operation.id,
    step: 'start',
    upid: forgotten,
  });
  const watcher = createTaskWatcher(proxmox, { intervalMs: 25, graceMs: 50 });
  await expect(run({ attempt: 2, watcher })).rejects.toMatchObject({
    kind: 'unknown',
    code: 'task_interrupted',
  });
  await run({ attempt: 3 });
  expect(starts()).toHaveLength(2);
  expect(await saved()).toMatchObject({ exitStatus: 'OK' });
});

it('does not look for lost tasks the first time', async () => {
  const { run, starts, stopNow, proxmox, node, vmid, tasks } = await stoppedVm();
  await tasks.wait(await proxmox.start(node, vmid));
  await stopNow();
  await run();
  expect(starts()).toHaveLength(2);
});

it('does not adopt a task that another user or token started', async () => {
  const { run, starts, stopNow, proxmox, node, vmid, tasks, saved } = await stoppedVm();
  const foreign: string[] = [];
  for (const user of ['root@pam', 'berth@pve', 'berth@pve!other']) {
    const upid = await proxmox.start(node, vmid);
    await tasks.wait(upid);
    await stopNow();
    taskOf(upid).user = user;
    foreign.push(upid);
  }
  await run({ attempt: 2 });
  expect(starts()).toHaveLength(4);
  expect(foreign).not.toContain((await saved())?.upid);
});

it('does not adopt a task that another operation knows as its own', async () => {
  const { server, operation, run, starts, stopNow, saved } = await stoppedVm();
  await run();
  await stopNow();
  await Operation.query(estate.database)
    .findById(operation.id)
    .patch({ status: 'succeeded', finishedAt: new Date() });
  const next = await requestOperation(estate, server, 'start');
  await run({ attempt: 2, as: await claim(estate, next) });
  expect(starts()).toHaveLength(2);
  expect((await saved(next.id))?.upid).not.toBe((await saved())?.upid);
});

it('does not adopt a task that is another one by its own account', async () => {
  const { run, starts, stopNow, proxmox, node, vmid, tasks } = await stoppedVm();
  await tasks.wait(await proxmox.start(node, vmid));
  await stopNow();
  await run({ attempt: 2, isOurs: async () => false });
  expect(starts()).toHaveLength(2);
});

it('starts anew each time its tasks fail, and never takes an old failure for a new one', async () => {
  const { run, starts, saved } = await stoppedVm();
  failNextStart("can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout", 3);
  for (const attempt of [1, 2, 3]) {
    await expect(run({ attempt })).rejects.toMatchObject({ kind: 'locked' });
    expect(starts()).toHaveLength(attempt);
  }
  await run({ attempt: 4 });
  expect(starts()).toHaveLength(4);
  expect(await saved()).toMatchObject({ exitStatus: 'OK' });
});

it('takes the good end of a saved task as proof when nothing else can be', async () => {
  const { run, starts } = await stoppedVm();
  await run({ leavesNoTrace: true });
  await run({ leavesNoTrace: true, attempt: 2 });
  expect(starts()).toHaveLength(1);
});

it('stops the task and waits for its end when the operation is cancelled', async () => {
  const { run, starts, saved, environment } = await stoppedVm();
  slowNextStart();
  const activity = environment();
  const ended = run({ stopOnCancel: true }, activity).catch((err: unknown) => err);
  await until(async () => (await saved()) !== undefined);
  activity.cancel();
  expect(await ended).toMatchObject({ name: 'CancelledFailure' });
  expect(starts()[0]?.exitstatus).toMatch(/interrupt/);
});

it('says while the node is away that it waits, and no longer once it is back', async () => {
  const { run, starts, saved, node, proxmox, operation } = await stoppedVm();
  const note = async () => (await Operation.query(estate.database).findById(operation.id))?.note;
  slowNextStart();
  const running = run();
  await until(async () => (await saved()) !== undefined);
  const cut = estate.simulator.faults.add({ action: 'nodeDown', node });
  await until(async () => (await note()) === 'Waiting for its task: 595 No route to host');
  estate.simulator.faults.clear(cut);
  await until(async () => (await note()) === null);
  await proxmox.stopTask(starts()[0]?.upid ?? '');
  await expect(running).rejects.toMatchObject({ code: 'task_interrupted' });
});

it('leaves the task running when the worker shuts down, so that another one goes on with it', async () => {
  const { run, starts, saved, environment, proxmox } = await stoppedVm();
  slowNextStart();
  const activity = environment();
  const ended = run({ stopOnCancel: true }, activity).catch((err: unknown) => err);
  await until(async () => (await saved()) !== undefined);
  activity.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true }));
  expect(await ended).toMatchObject({ name: 'CancelledFailure' });
  expect(starts()[0]?.endtime).toBeNull();
  expect(await saved()).toMatchObject({ finishedAt: null });
  await proxmox.stopTask(starts()[0]?.upid ?? '');
});
