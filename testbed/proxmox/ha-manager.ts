import type { Cluster } from './cluster.ts';
import type { HaResource, HaService, Vm } from './cluster-state.ts';
import type { Call } from './route.ts';
import { startTask } from './route.ts';
import type { TaskArguments } from './cluster-state.ts';
import type { TaskWork, TaskWorker } from './tasks.ts';

/** Between two rounds of the manager. */
const ROUND_MS = 10_000;
/** How long a node has to be silent before it counts as fenced and its VMs are taken over. */
const FENCE_MS = 120_000;
const SHUTDOWN_S = 60;

const sidOf = (vmid: number): string => `vm:${vmid}`;

/** Configured for high availability, be it only to be ignored. */
export function findHaResource(cluster: Cluster, vmid: number): HaResource | undefined {
  return cluster.state.haResources?.find(({ sid }) => sid === sidOf(vmid));
}

export function isHaManaged(cluster: Cluster, vmid: number): boolean {
  const resource = findHaResource(cluster, vmid);
  return resource !== undefined && resource.state !== 'ignored';
}

/** What `status/current` says of it. */
export function haStatus(cluster: Cluster, vmid: number): Record<string, unknown> {
  if (!isHaManaged(cluster, vmid)) return { managed: 0 };
  return { managed: 1, state: findHaResource(cluster, vmid)?.service?.state ?? 'queued' };
}

export function removeHaResource(cluster: Cluster, vmid: number): void {
  cluster.state.haResources = (cluster.state.haResources ?? []).filter(({ sid }) => sid !== sidOf(vmid));
}

/** Asks the manager instead of acting, when it looks after the VM: a task that ends at once. Undefined when it does not. */
export function askHa(call: Call, type: keyof typeof haWorkers, args: TaskArguments): string | undefined {
  return isHaManaged(call.cluster, call.vmid) ? startTask(call, type, call.vmid, args) : undefined;
}

/** Carries out the command that the task is about; it is refused while the service has failed. */
function command(
  { cluster, work }: { cluster: Cluster; work: TaskWork },
  { says, line }: { says: string; line: string },
  effect: (resource: HaResource) => void,
): void {
  const vmid = Number(work.record.id);
  const resource = findHaResource(cluster, vmid);
  work.log(says);
  const refuse = (why: string): never => {
    work.log(why);
    throw new Error(`command 'ha-manager ${line}' failed: exit code 255`);
  };
  if (!resource) return refuse(`no such resource '${sidOf(vmid)}'`);
  if (resource.service?.state === 'error')
    return refuse(`service '${resource.sid}' in error state, must be disabled and fixed first`);
  work.once('asked', () => effect(resource));
}

const serviceOf = (resource: HaResource): HaService =>
  (resource.service ??= { state: 'queued', failures: 0 });

export const haWorkers = {
  hastart: async (cluster: Cluster, work: TaskWork) => {
    const { id } = work.record;
    const line = `set ${sidOf(Number(id))} --state started`;
    command({ cluster, work }, { says: `Requesting HA start for VM ${id}`, line }, (resource) => {
      resource.state = 'started';
    });
  },
  hastop: async (cluster: Cluster, work: TaskWork) => {
    const { id, args } = work.record;
    const timeout = Number(args.timeout ?? 0);
    const line = `crm-command stop ${sidOf(Number(id))} ${timeout}`;
    command({ cluster, work }, { says: `Requesting HA stop for VM ${id}`, line }, (resource) => {
      resource.state = 'stopped';
      serviceOf(resource).stopTimeout = timeout;
    });
  },
  hamigrate: async (cluster: Cluster, work: TaskWork) => {
    const { id, args } = work.record;
    const target = String(args.target);
    const says = `Requesting HA migration for VM ${id} to node ${target}`;
    command({ cluster, work }, { says, line: `migrate ${sidOf(Number(id))} ${target}` }, (resource) => {
      serviceOf(resource).target = target;
    });
  },
} satisfies Record<string, TaskWorker>;

const running = new WeakSet<Cluster>();

/** Keeps the manager at work as long as there is something to look after. */
export function runHaManager(cluster: Cluster): void {
  if (running.has(cluster) || !cluster.plain.haResources?.length) return;
  running.add(cluster);
  cluster.clock.after(cluster.scaled(ROUND_MS, 40), () => {
    running.delete(cluster);
    for (const resource of cluster.state.haResources ?? []) lookAfter(cluster, resource);
    runHaManager(cluster);
  });
}

function lookAfter(cluster: Cluster, resource: HaResource): void {
  const vm = cluster.state.vms[Number(resource.sid.split(':')[1])];
  if (!vm || resource.state === 'ignored') return;
  const service = serviceOf(resource);
  if (cluster.faults.isNodeDown(vm.node)) return recover(cluster, vm, service);
  delete service.lostAt;
  if (isBusy(cluster, resource, service, vm)) return;
  if (service.state === 'error') {
    if (resource.state === 'disabled') Object.assign(service, { state: 'stopped', failures: 0 });
  } else if (service.target !== undefined) migrate(cluster, vm, service);
  else if (resource.state === 'started' || resource.state === 'enabled') keepRunning(cluster, vm, service);
  else keepStopped(cluster, vm, service);
}

/** Whether the task it began still runs; takes note of how one has ended. */
function isBusy(cluster: Cluster, resource: HaResource, service: HaService, vm: Vm): boolean {
  const task = service.upid === undefined ? undefined : cluster.tasks.find(service.upid);
  if (task?.endtime === null) return true;
  delete service.upid;
  if (task?.type === 'qmigrate') {
    // One that failed is not tried again: the service stays where it is.
    delete service.target;
    service.state = vm.guest ? 'started' : 'stopped';
  }
  if (task?.type === 'qmstart' && task.exitstatus !== 'OK' && !vm.guest) {
    service.failures += 1;
    if (service.failures > resource.max_restart) service.state = 'error';
  }
  return false;
}

function begin(cluster: Cluster, vm: Vm, service: HaService, type: string, args: TaskArguments = {}): void {
  service.upid = cluster.tasks.start(type, { node: vm.node, id: vm.vmid, user: 'root@pam', args }).upid;
}

function migrate(cluster: Cluster, vm: Vm, service: HaService): void {
  if (service.target === vm.node) {
    delete service.target;
    return;
  }
  service.state = 'migrate';
  begin(cluster, vm, service, 'qmigrate', { target: service.target ?? '', withLocalDisks: true });
}

/** Starts it, also when it has ended by itself. */
function keepRunning(cluster: Cluster, vm: Vm, service: HaService): void {
  service.state = 'started';
  if (vm.guest) service.failures = 0;
  // After a reboot the event daemon is about to start it.
  else if (vm.restartAt === null) begin(cluster, vm, service, 'qmstart');
}

/** Powers off a guest that does not shut down in time. */
function keepStopped(cluster: Cluster, vm: Vm, service: HaService): void {
  service.state = vm.guest ? 'request_stop' : 'stopped';
  if (!vm.guest) return;
  const timeout = service.stopTimeout ?? SHUTDOWN_S;
  if (timeout === 0) begin(cluster, vm, service, 'qmstop');
  else begin(cluster, vm, service, 'qmshutdown', { timeout, forceStop: 1 });
}

/** A node that stays silent is fenced; its VMs go to another one, which has no more of their disks than are shared. */
function recover(cluster: Cluster, vm: Vm, service: HaService): void {
  service.lostAt ??= cluster.clock.now();
  service.state = 'fence';
  if (cluster.clock.now() - service.lostAt < cluster.scaled(FENCE_MS, 200)) return;
  const next = cluster.plain.nodes.find(({ node }) => node !== vm.node && !cluster.faults.isNodeDown(node));
  if (!next) return;
  Object.assign(vm, { node: next.node, guest: null, restartAt: null, cleanupAt: null });
  delete vm.config.lock;
  delete service.upid;
  delete service.lostAt;
  service.state = 'recovery';
}
