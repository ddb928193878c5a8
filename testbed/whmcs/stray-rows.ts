import type { Emit } from './row.ts';
import type { World } from './world.ts';

/** Rows that point at services which are not there (any more); they belong to nobody and change nothing. */
export function emitStrayRows(world: World, emit: Emit): void {
  const { dials, services } = world;
  // Beyond every id of tblhosting, as after a deletion of the newest.
  const gone = (n: number) => 500_000_000 + n;
  for (let n = 1; n <= strayCount(dials.strayOptionRow, services); n += 1) {
    emit('tblhostingconfigoptions', {
      id: 800_000_000 + n,
      relid: gone(n),
      configid: 301,
      optionid: 30_101,
      qty: 1,
    });
  }
  for (let n = 1; n <= strayCount(dials.strayFieldValue, services); n += 1) {
    const stamp = '2020-05-05 05:05:05';
    emit('tblcustomfieldsvalues', {
      id: 800_000_000 + n,
      fieldid: 801,
      relid: gone(n),
      value: '4000',
      created_at: stamp,
      updated_at: stamp,
    });
  }
  for (let n = 1; n <= strayCount(dials.strayModuleRow, services); n += 1) {
    emit('mod_proxmoxvm', {
      id: 800_000_000 + n,
      service_id: gone(n),
      vmid: 4000 + 4 * n,
      node: 'pve1',
      password: '',
    });
  }
  for (let n = 1; n <= strayCount(dials.strayAddon, services); n += 1) {
    emit('tblhostingaddons', {
      id: 800_000_000 + n,
      orderid: 0,
      hostingid: gone(n),
      addonid: 501,
      userid: 0,
      name: 'Extra IPv4',
      qty: 1,
      recurring: '2.00',
      billingcycle: 'Monthly',
      status: 'Active',
      regdate: '2019-01-01',
      nextduedate: '2019-02-01',
    });
  }
}

/** How many there are: at least one as long as the dial is not at zero. */
export function strayCount(dial: number, services: number): number {
  return Math.ceil(dial * services);
}
