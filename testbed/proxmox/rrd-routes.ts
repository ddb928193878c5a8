import { refuse } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { findNode, findStorage, findVm, storageUsed } from './cluster.ts';
import type { Vm } from './cluster-state.ts';
import { nodeUsage, vmStatus } from './guests.ts';
import { NODE, STRING, VMID } from './parameters.ts';
import type { Parameter, Parameters } from './parameters.ts';
import type { Call, Route } from './route.ts';

/** Seconds between points and how many there are. */
const FRAMES: Record<string, [step: number, points: number]> = {
  hour: [60, 60],
  day: [60, 1440],
  week: [1800, 336],
  month: [1800, 1440],
  year: [21_600, 1440],
};
const TIMEFRAME: Parameter = { type: 'string', enum: Object.keys(FRAMES) };
const WHAT: Parameters = { timeframe: TIMEFRAME, cf: { ...STRING, enum: ['AVERAGE', 'MAX'] } };

type Point = Record<string, number>;

/** Points up to now; those of before something existed have nothing but their time. */
function chart({ params }: Call, since: number, valuesAt: (time: number) => Point): Point[] {
  const [step, points] = FRAMES[String(params.timeframe)] ?? [60, 60];
  const last = Math.floor(Date.now() / 1000 / step) * step;
  return Array.from({ length: points }, (_, index) => {
    const time = last - (points - 1 - index) * step;
    return time * 1000 < since ? { time } : { time, ...valuesAt(time) };
  });
}

/** From 0 to 1, the same for the same moment. */
function waver(time: number): number {
  return (Math.sin(time / 977) + Math.sin(time / 313) + 2) / 4;
}

function vmPoint(vm: Vm, time: number): Point {
  const { maxmem, maxdisk, cpus, cpu, mem } = vmStatus(vm);
  const always = { maxcpu: Number(cpus), maxmem: Number(maxmem), maxdisk: Number(maxdisk), disk: 0 };
  const { guest } = vm;
  if (!guest || time * 1000 < guest.startedAt) return always;
  const share = waver(time + vm.vmid);
  return {
    ...always,
    cpu: Number(cpu) * (0.5 + share),
    mem: Number(mem),
    memhost: Number(mem),
    netin: 900 * share,
    netout: 700 * share,
    diskread: 512 * share,
    diskwrite: 4096 * share,
    pressurecpufull: 0,
    pressurecpusome: 0,
    pressureiofull: 0,
    pressureiosome: 0,
    pressurememoryfull: 0,
    pressurememorysome: 0,
  };
}

function vmChart(call: Call): Point[] {
  const vm = findVm(call.cluster, call.node, call.vmid);
  if (!vm) {
    const file = `/var/lib/rrdcached/db/pve-vm-9.0/${call.vmid}`;
    throw refuse(
      `RRD error: rrdcached@unix:/var/run/rrdcached.sock: rrd_fetch_r failed: opening '${file}': No such file or directory`,
    );
  }
  const created = Number(/ctime=(\d+)/.exec(String(vm.config.meta))?.[1] ?? 0) * 1000;
  return chart(call, created, (time) => vmPoint(vm, time));
}

function nodeChart(call: Call): Point[] {
  const { cluster, node } = call;
  const { cpus = 1, memory = 0, rootSize = 0 } = findNode(cluster, node) ?? {};
  const { cpu, mem } = nodeUsage(cluster, node);
  return chart(call, cluster.state.bootedAt, (time) => ({
    cpu: cpu * (0.5 + waver(time)),
    iowait: 0.001 * waver(time),
    loadavg: cpu * cpus,
    maxcpu: cpus,
    memtotal: memory,
    memused: mem,
    memavailable: memory - mem,
    arcsize: 0,
    swaptotal: 8 * 1024 ** 3,
    swapused: 0,
    roottotal: rootSize,
    rootused: usedOf(cluster, node, 'local'),
    netin: 9000 * waver(time),
    netout: 7000 * waver(time),
    pressurecpusome: 0,
    pressureiofull: 0,
    pressureiosome: 0,
    pressurememoryfull: 0,
    pressurememorysome: 0,
  }));
}

function usedOf(cluster: Cluster, node: string, name: string): number {
  const storage = findStorage(cluster, node, name);
  return storage ? storageUsed(cluster, storage) : 0;
}

function storageChart(call: Call): Point[] {
  const name = String(call.params.storage);
  const storage = findStorage(call.cluster, call.node, name);
  if (!storage) throw refuse(`storage '${name}' does not exist`);
  const used = usedOf(call.cluster, call.node, name);
  return chart(call, call.cluster.state.bootedAt, () => ({ total: storage.total, used }));
}

/** The charts of VMs, nodes and storages; no history is kept, they are drawn from what is so now. */
export const rrdRoutes: Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/rrddata',
    isForwarded: true,
    parameters: { node: NODE, vmid: VMID, ...WHAT },
    handle: vmChart,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/rrddata',
    isForwarded: true,
    parameters: { node: NODE, ...WHAT },
    handle: nodeChart,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/rrddata',
    isForwarded: true,
    parameters: { node: NODE, storage: { type: 'string' }, ...WHAT },
    handle: storageChart,
  },
];
