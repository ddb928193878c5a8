import { refuse } from './api-error.ts';
import { findNode, findStorage, findVm, storageUsed } from './cluster.ts';
import { nodeUsage, vmStatus } from './guests.ts';
import type { Call, Route } from './route.ts';

/** Seconds between two points, and how many there are. */
const FRAMES: Record<string, [step: number, count: number]> = {
  hour: [60, 60],
  day: [60, 1440],
  week: [1800, 336],
  month: [1800, 1440],
  year: [21_600, 1440],
};

/** Up to 8.4 a longer time had points further apart, not more of them. */
const FRAMES_OF_8_4: Record<string, [step: number, count: number]> = {
  hour: [60, 70],
  day: [1800, 70],
  week: [10_800, 70],
  month: [43_200, 70],
  year: [604_800, 70],
};

/** Points up to now; those before the thing existed have nothing but their time. */
function points(
  { cluster, params }: Call,
  since: number,
  values: (time: number) => object,
  behind = 0,
): unknown[] {
  const frames = cluster.plain.release === '8.4' ? FRAMES_OF_8_4 : FRAMES;
  const [step, count] = frames[String(params.timeframe)] ?? [60, 60];
  const last = Math.floor(cluster.clock.now() / 1000 / step) * step;
  return Array.from({ length: count - behind }, (_, n) => {
    const time = last - (count - 1 - n) * step;
    return time * 1000 < since ? { time } : { time, ...values(time) };
  });
}

/** A number between 0 and 1 that wanders with time and is the same whenever it is asked for. */
function wave(time: number, seed: number): number {
  return 0.5 + 0.3 * Math.sin(time / 1700 + seed) + 0.2 * Math.sin(time / 290 + seed * 3);
}

function vmPoints(call: Call): unknown[] {
  const vm = findVm(call.cluster, call.node, call.vmid);
  if (!vm) {
    const folder = call.cluster.plain.release === '8.4' ? 'pve2-vm' : 'pve-vm-9.0';
    const file = `/var/lib/rrdcached/db/${folder}/${call.vmid}`;
    const reason = `rrd_fetch_r failed: opening '${file}': No such file or directory`;
    throw refuse(`RRD error: rrdcached@unix:/var/run/rrdcached.sock: ${reason}`);
  }
  const created = Number(/ctime=(\d+)/.exec(String(vm.config.meta))?.[1] ?? 0) * 1000;
  const { cpus, maxmem, maxdisk } = vmStatus(vm, call.cluster.clock.now());
  const sizes = { maxcpu: cpus, maxmem, maxdisk, disk: 0 };
  const startedAt = vm.guest?.startedAt ?? Infinity;
  // A VM's last point is one step behind.
  const values = (time: number): object =>
    time * 1000 < startedAt
      ? sizes
      : {
          ...sizes,
          cpu: 0.05 * wave(time, call.vmid),
          mem: Number(maxmem) * (0.3 + 0.1 * wave(time, call.vmid + 1)),
          memhost: Number(maxmem) * 0.4,
          netin: 900 * wave(time, call.vmid + 2),
          netout: 400 * wave(time, call.vmid + 3),
          diskread: 500 * wave(time, call.vmid + 4),
          diskwrite: 4000 * wave(time, call.vmid + 5),
          pressurecpusome: 0,
          pressurecpufull: 0,
          pressureiosome: 0,
          pressureiofull: 0,
          pressurememorysome: 0,
          pressurememoryfull: 0,
        };
  return points(call, created, values, 1);
}

function nodePoints(call: Call): unknown[] {
  const { cluster, node } = call;
  const state = findNode(cluster, node);
  const { cpu, mem } = nodeUsage(cluster, node);
  const memtotal = state?.memory ?? 0;
  return points(call, cluster.state.bootedAt, (time) => ({
    cpu: cpu * 2 * wave(time, 1),
    maxcpu: state?.cpus,
    loadavg: 2 * wave(time, 2),
    iowait: 0.01 * wave(time, 3),
    memtotal,
    memused: mem,
    memavailable: memtotal - mem,
    arcsize: 0,
    swaptotal: 0,
    swapused: 0,
    roottotal: state?.rootSize,
    rootused: 0.12 * Number(state?.rootSize),
    netin: 20_000 * wave(time, 4),
    netout: 30_000 * wave(time, 5),
    pressurecpusome: 0,
    pressureiosome: 0,
    pressureiofull: 0,
    pressurememorysome: 0,
    pressurememoryfull: 0,
  }));
}

/** What graphs are drawn from: invented, but steady. */
export const rrdRoutes: Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/rrddata',
    handle: nodePoints,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/rrddata',
    handle: vmPoints,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/rrddata',
    handle: (call) => {
      const storage = findStorage(call.cluster, call.node, String(call.params.storage));
      const used = storage ? storageUsed(call.cluster, storage) : 0;
      return points(call, call.cluster.state.bootedAt, () => ({ total: storage?.total ?? 0, used }));
    },
  },
];
