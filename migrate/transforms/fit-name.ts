/** How well a VM's name fits: as the host name, as a module names it, as the first label only, or not at all. */
export type NameFit = 'hostname' | 'module' | 'label' | 'foreign' | 'none';

/** How well the name of a VM fits a service; `foreign` when it is the name of another one's. */
export function fitName(vmName: string | null, serviceId: number, hostname: string | null): NameFit {
  const name = vmName?.toLowerCase() ?? '';
  if (name === '') return 'none';
  const host = hostname?.toLowerCase();
  if (name === host) return 'hostname';
  if (serviceOfName(name) === serviceId) return 'module';
  if (host !== undefined && name === firstLabel(host)) return 'label';
  return isForeignName(name, serviceId) ? 'foreign' : 'none';
}

export function isFit(fit: NameFit): boolean {
  return fit === 'hostname' || fit === 'module' || fit === 'label';
}

/** Whether a module would give this name to the VM of another service, whatever else it may be. */
export function isForeignName(vmName: string | null, serviceId: number): boolean {
  const named = serviceOfName(vmName?.toLowerCase() ?? '');
  return named !== undefined && named !== serviceId;
}

/** Whose VM it is by the way modules name them: vps12, vps12-cus34, vm-12, 12-1700000000. */
function serviceOfName(name: string): number | undefined {
  const match = /^vps(\d{1,10})(?:-cus\d+)?$|^vm-(\d{1,10})$|^(\d{1,10})-\d{10}$/.exec(name);
  const digits = match?.[1] ?? match?.[2] ?? match?.[3];
  return digits === undefined ? undefined : Number(digits);
}

export function firstLabel(host: string): string {
  return host.split('.', 1)[0] ?? '';
}
