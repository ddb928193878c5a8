import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startSimulator } from '../testbed/proxmox/simulator.ts';
import type { Simulator } from '../testbed/proxmox/simulator.ts';
import { createProxmox } from './client.ts';
import type { Proxmox } from './client.ts';
import { classifyAnswer, classifyTransport } from './errors.ts';
import { parsePercent } from './node-poller.ts';
import { createTaskWatcher, parseUpid } from './tasks.ts';
import type { TaskProgress, TaskSource } from './tasks.ts';

const INTERVAL = 20;
const TIMING = { intervalMs: INTERVAL, firstCheckMs: 3, graceMs: 250 };

let lastPid = 0;
function newUpid(node = 'pve1', type = 'qmclone'): string {
  lastPid++;
  return `UPID:${node}:${lastPid.toString(16).toUpperCase().padStart(8, '0')}:0009F1A2:6B03845F:${type}:9000:berth@pve!test:`;
}

const noSuchTask = () => classifyAnswer(400, 'Parameter verification failed.', { upid: 'no such task' });
const refused = () => classifyTransport(new Error('connect ECONNREFUSED'), false);

/** One node's tasks, in memory, counting what it is asked. `before` may throw instead of answering. */
function createNode({
  before = () => undefined,
  listed = true,
}: { before?: (call: string, n: number) => void; listed?: boolean } = {}) {
  const tasks = new Map<string, { exit?: string; log: string[] }>();
  const calls: { call: string; at: number }[] = [];
  const count = (call: string) => {
    calls.push({ call, at: performance.now() });
    before(call, calls.length);
  };
  const source: TaskSource = {
    async findTasks(node) {
      count('list');
      if (!listed) return [];
      return [...tasks].map(([upid, { exit }]) => ({
        upid,
        node,
        type: 'qmclone',
        id: '9000',
        user: 'berth@pve',
        starttime: parseUpid(upid).startTime,
        status: exit ?? 'RUNNING',
      }));
    },
    async taskStatus(upid) {
      count('status');
      const task = tasks.get(upid);
      if (!task) throw noSuchTask();
      const { node, type, id, user, startTime: starttime } = parseUpid(upid);
      const common = { upid, node, type, id, user, starttime };
      return task.exit === undefined
        ? { ...common, status: 'running' }
        : { ...common, status: 'stopped', exitstatus: task.exit };
    },
    async taskLog(upid, { start = 0, limit = 50 } = {}) {
      count('log');
      const log = tasks.get(upid)?.log ?? ['unable to open file - No such file or directory'];
      return log.slice(start, limit === 0 ? undefined : start + limit);
    },
  };
  const start = (exit?: string, log: string[] = [], type?: string) => {
    const upid = newUpid('pve1', type);
    tasks.set(upid, { log, ...(exit === undefined ? {} : { exit }) });
    return upid;
  };
  const end = (upid: string, exit: string) => {
    const task = tasks.get(upid);
    tasks.set(upid, { log: [...(task?.log ?? []), exit === 'OK' ? 'TASK OK' : `TASK ERROR: ${exit}`], exit });
  };
  return { source, tasks, calls, start, end };
}

describe('waiting', () => {
  it('resolves with the exit status, and the log of what went wrong', async () => {
    const node = createNode();
    const watcher = createTaskWatcher(node.source, TIMING);
    expect(await watcher.wait(node.start('OK', ['creating', 'TASK OK']))).toEqual({
      exitStatus: 'OK',
      warnings: 0,
      logTail: [],
    });
    expect(
      await watcher.wait(node.start('storage full', ['creating', '', 'TASK ERROR: storage full'])),
    ).toEqual({
      exitStatus: 'storage full',
      warnings: 0,
      logTail: ['creating', 'TASK ERROR: storage full'],
    });
    expect(await watcher.wait(node.start('WARNINGS: 2', ['WARN: a', 'TASK WARNINGS: 2']))).toMatchObject({
      warnings: 2,
      logTail: ['WARN: a', 'TASK WARNINGS: 2'],
    });
  });

  it('looks at a new task long before the first interval is over', async () => {
    const node = createNode();
    const began = performance.now();
    const upid = node.start('OK', [], 'qmstart');
    await createTaskWatcher(node.source, { intervalMs: 60_000, firstCheckMs: 5 }).wait(upid);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(node.calls).toHaveLength(1);
  });

  it('keeps a call it may need sooner: a copy is first looked at after an interval', async () => {
    const node = createNode();
    const began = performance.now();
    await createTaskWatcher(node.source, { intervalMs: 200, firstCheckMs: 5 }).wait(node.start('OK'));
    expect(performance.now() - began).toBeGreaterThan(190);
    expect(node.calls).toHaveLength(1);
  });

  it('reports percentages from the log and the end with it', async () => {
    const node = createNode();
    const upid = node.start(undefined, ['create full clone of drive scsi0']);
    const seen: TaskProgress[] = [];
    const result = await createTaskWatcher(node.source, TIMING).wait(upid, {
      onProgress: (progress) => {
        seen.push(progress);
        const log = node.tasks.get(upid)?.log ?? [];
        if (seen.length === 3) node.end(upid, 'OK');
        else log.push(`transferred ${seen.length}.0 GiB of 4.0 GiB (${25 * seen.length}.00%)`);
      },
    });
    expect(result.exitStatus).toBe('OK');
    expect(seen).toEqual([
      { percent: null, message: 'create full clone of drive scsi0' },
      { percent: 25, message: 'transferred 1.0 GiB of 4.0 GiB (25.00%)' },
      { percent: 50, message: 'transferred 2.0 GiB of 4.0 GiB (50.00%)' },
    ]);
  });

  it('notices a killed task although its log never says so', async () => {
    const node = createNode();
    const upid = node.start(undefined, ['transferred 1.0 GiB of 4.0 GiB (25.00%)']);
    const result = await createTaskWatcher(node.source, TIMING).wait(upid, {
      onProgress: () => node.tasks.set(upid, { exit: 'unexpected status', log: [] }),
    });
    expect(result.exitStatus).toBe('unexpected status');
  });

  it('lets several wait for the same task, also when one of them leaves', async () => {
    const node = createNode();
    const upid = node.start();
    const watcher = createTaskWatcher(node.source, TIMING);
    const controller = new AbortController();
    const leaving = watcher.wait(upid, { signal: controller.signal });
    const staying = [watcher.wait(upid), watcher.wait(upid)];
    controller.abort(new Error('leaving'));
    await expect(leaving).rejects.toThrow('leaving');
    node.end(upid, 'OK');
    expect((await Promise.all(staying)).map(({ exitStatus }) => exitStatus)).toEqual(['OK', 'OK']);
  });

  it('stops asking once nobody waits', async () => {
    const node = createNode();
    const watcher = createTaskWatcher(node.source, TIMING);
    const controller = new AbortController();
    const waiting = watcher.wait(node.start(), { signal: controller.signal });
    await vi.waitFor(() => expect(node.calls.length).toBeGreaterThan(1));
    controller.abort(new Error('leaving'));
    await expect(waiting).rejects.toThrow('leaving');
    const asked = node.calls.length;
    await watcher.wait(node.start('OK'));
    expect(node.calls).toHaveLength(asked + 1);
  });

  it('gives a sign of life in every interval', async () => {
    const node = createNode();
    const upid = node.start();
    let polls = 0;
    await createTaskWatcher(node.source, TIMING).wait(upid, {
      onPoll: () => {
        polls++;
        if (polls === 3) node.end(upid, 'OK');
      },
    });
    expect(polls).toBeGreaterThanOrEqual(3);
  });

  it('refuses what is no task id', async () => {
    await expect(createTaskWatcher(createNode().source).wait('OK')).rejects.toThrow(TypeError);
  });
});

describe('when Proxmox does not answer', () => {
  it('goes on waiting', async () => {
    let down = 4;
    const node = createNode({
      before: () => {
        if (down-- > 0) throw down % 2 ? refused() : classifyAnswer(595, 'No route to host');
      },
    });
    const watcher = createTaskWatcher(node.source, { ...TIMING, intervalMs: 5 });
    const results = await Promise.all([watcher.wait(node.start('OK')), watcher.wait(node.start('OK'))]);
    expect(results.map(({ exitStatus }) => exitStatus)).toEqual(['OK', 'OK']);
    expect(node.calls.length).toBeGreaterThan(4);
  });

  it('waits for a task that its node does not know yet, and gives up after a while', async () => {
    const node = createNode();
    const watcher = createTaskWatcher(node.source, TIMING);
    const late = newUpid();
    await expect(
      watcher.wait(late, { onPoll: () => node.tasks.set(late, { exit: 'OK', log: [] }) }),
    ).resolves.toMatchObject({ exitStatus: 'OK' });
    await expect(watcher.wait(newUpid())).rejects.toMatchObject({ kind: 'missing', code: 'task_unknown' });
  });

  it('does not hammer with refused credentials', async () => {
    const node = createNode({
      before: () => {
        throw classifyAnswer(401, 'Authentication failed!');
      },
    });
    const watcher = createTaskWatcher(node.source, TIMING);
    const waits = [watcher.wait(node.start()), watcher.wait(node.start())];
    for (const wait of waits) wait.catch(() => undefined);
    await expect(waits[0]).rejects.toMatchObject({ kind: 'auth' });
    await expect(waits[1]).rejects.toMatchObject({ kind: 'auth' });
    expect(node.calls).toHaveLength(1);
  });

  it('asks for each task on its own when the list does not have them', async () => {
    const node = createNode({ listed: false });
    const watcher = createTaskWatcher(node.source, TIMING);
    const results = await Promise.all(['OK', 'failed', 'OK'].map((exit) => watcher.wait(node.start(exit))));
    expect(results.map(({ exitStatus }) => exitStatus)).toEqual(['OK', 'failed', 'OK']);
  });
});

describe('the call rate', () => {
  it('is shared with looks at guests, and a crowd of those does not hold up the tasks', async () => {
    const node = createNode();
    const watcher = createTaskWatcher(node.source, TIMING);
    const upid = node.start();
    const looks: number[] = [];
    const started = performance.now();
    const crowd = Array.from({ length: 20 }, async () => {
      await watcher.turn('pve1');
      looks.push(performance.now());
    });
    const end = watcher.wait(upid);
    node.end(upid, 'OK');
    await end;
    expect(looks.length).toBeLessThan(20);
    await Promise.all(crowd);
    const calls = looks.length + node.calls.length;
    expect(calls).toBeLessThanOrEqual((performance.now() - started) / INTERVAL + 3 + 1);
  });

  it('goes to the ends of tasks rather than to progress while guests are looked at', async () => {
    const node = createNode();
    const watcher = createTaskWatcher(node.source, TIMING);
    const controller = new AbortController();
    const { signal } = controller;
    const waits = [1, 2].map(() =>
      watcher.wait(node.start(undefined, ['transferred 1.0 GiB of 4.0 GiB (25.00%)']), {
        signal,
        onProgress: () => undefined,
      }),
    );
    for (let n = 0; n < 30; n++) void watcher.turn('pve1', signal);
    await vi.waitFor(() => expect(node.calls.length).toBeGreaterThan(12), 5_000);
    controller.abort();
    await Promise.allSettled(waits);
    // Of the calls made while some of the thirty were still in line.
    const logs = node.calls.slice(0, 13).filter(({ call }) => call === 'log');
    expect(logs.length).toBeLessThanOrEqual(1);
  });

  it('holds for a look that goes before the crowd, too', async () => {
    const watcher = createTaskWatcher(createNode().source, TIMING);
    const started = performance.now();
    let crowded = 0;
    const crowd = Array.from({ length: 20 }, async () => {
      await watcher.turn('pve1');
      crowded += 1;
    });
    for (let n = 0; n < 4; n++) await watcher.urgentTurn('pve1');
    expect(crowded).toBeLessThan(20);
    expect(crowded + 4).toBeLessThanOrEqual((performance.now() - started) / INTERVAL + 3 + 1);
    await Promise.all(crowd);
  });

  it('is one per interval and node for hundreds of waiters, with progress and failures', async () => {
    const upids: string[] = [];
    const node = createNode({
      before: (_call, n) => {
        // Twenty tasks end with every call, half of them badly.
        for (const upid of upids.slice((n - 1) * 20, n * 20))
          node.end(upid, lastDigit(upid) % 2 ? 'OK' : 'failed');
      },
    });
    for (let n = 0; n < 400; n++)
      upids.push(node.start(undefined, ['transferred 1.0 GiB of 4.0 GiB (25.00%)']));
    const watcher = createTaskWatcher(node.source, TIMING);
    const began = performance.now();
    let progressed = 0;
    const results = await Promise.all(
      upids.map((upid) => watcher.wait(upid, { onProgress: () => progressed++ })),
    );
    const intervals = (performance.now() - began) / INTERVAL;
    expect(results).toHaveLength(400);
    expect(results.filter(({ exitStatus }) => exitStatus === 'failed')).toHaveLength(200);
    expect(progressed).toBeGreaterThan(0);
    expect(node.calls.length).toBeGreaterThan(20);
    expect(node.calls.length).toBeLessThanOrEqual(intervals + 3);
  });

  it('does not rise when tasks follow each other at once', async () => {
    const node = createNode();
    const watcher = createTaskWatcher(node.source, TIMING);
    const began = performance.now();
    for (let n = 0; n < 20; n++) {
      await watcher.wait(node.start('OK'));
    }
    expect(node.calls.length).toBeLessThanOrEqual((performance.now() - began) / INTERVAL + 3);
  });
});

function lastDigit(upid: string): number {
  return Number.parseInt(upid.split(':')[2] ?? '', 16);
}

describe('parsePercent', () => {
  it('takes the newest line that has one', () => {
    expect(
      parsePercent([
        'transferred 1.0 GiB of 4.0 GiB (25.00%)',
        'transferred 2.0 GiB of 4.0 GiB (50.5%)',
        'x',
      ]),
    ).toBe(50.5);
    expect(parsePercent(['creating a clone of VM 9000 with ID 123'])).toBeNull();
  });
});

describe('parseUpid', () => {
  it('takes a task id apart', () => {
    expect(parseUpid('UPID:pve-1:00001475:0006916B:6B0380D6:qmclone:9002:berth@pve!orch:')).toEqual({
      node: 'pve-1',
      startTime: 0x6b0380d6,
      type: 'qmclone',
      id: '9002',
      user: 'berth@pve!orch',
    });
    expect(parseUpid('UPID:pve1:00001475:0006916B:6B0380D6:vzdump::root@pam:').id).toBe('');
    expect(() => parseUpid('UPID:pve1:00001475:0006916B:6B0380D6:qmclone:9002:root@pam')).toThrow(TypeError);
  });
});

describe('on a cluster', () => {
  let simulator: Simulator;
  let proxmox: Proxmox;

  beforeAll(async () => {
    simulator = await startSimulator({ speed: 0.05 });
    const { url, ca, token } = simulator;
    proxmox = createProxmox({ endpoints: [url], token, ca });
  });

  afterAll(async () => {
    await proxmox.close();
    await simulator.close();
  });

  const clone = (newid: number) =>
    proxmox.cloneVm({ node: 'pve1', vmid: 9000, newid, name: `vm-${newid}`, description: 'x', full: true });

  it('shows a clone progress, and survives a node that is away for a while', async () => {
    simulator.faults.add({ action: 'slowTask', ms: 600, path: '/clone$' });
    const watcher = createTaskWatcher(proxmox, TIMING);
    const percents: (number | null)[] = [];
    const upid = await clone(201);
    let fault: string | undefined;
    const result = await watcher.wait(upid, {
      onProgress: ({ percent }) => {
        percents.push(percent);
        fault ??= simulator.faults.add({
          action: 'status',
          status: 596,
          reason: 'Broken pipe',
          path: '/tasks',
          count: 3,
        });
      },
    });
    expect(result.exitStatus).toBe('OK');
    expect(percents.some((percent) => percent !== null)).toBe(true);
    expect(simulator.faults.list().find(({ id }) => id === fault)?.hits).toBe(3);
  });

  it('waits for many clones with no more calls than intervals', async () => {
    const watcher = createTaskWatcher(proxmox, TIMING);
    const upids = await Promise.all([301, 302, 303, 304, 305, 306].map(clone));
    const asked = () => simulator.calls.filter(({ path }) => path.startsWith('/nodes/pve1/tasks')).length;
    const before = asked();
    const began = performance.now();
    const results = await Promise.all(upids.map((upid) => watcher.wait(upid)));
    expect(asked() - before).toBeLessThanOrEqual((performance.now() - began) / INTERVAL + 3);
    expect(results.map(({ exitStatus }) => exitStatus)).toEqual(Array.from({ length: 6 }, () => 'OK'));
  });

  it('brings the cause and the log of a failed clone', async () => {
    simulator.faults.add({ action: 'failTask', message: 'clone failed: out of space', path: '/clone$' });
    const result = await createTaskWatcher(proxmox, TIMING).wait(await clone(202));
    expect(result.exitStatus).toBe('clone failed: out of space');
    expect(result.logTail.at(-1)).toBe('TASK ERROR: clone failed: out of space');
  });
});
