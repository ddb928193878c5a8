import { ADDONS, FIELDS } from './catalogue.ts';
import { emitOptionRows } from './option-rows.ts';
import { opaqueSecret } from './passwords.ts';
import type { Emit } from './row.ts';
import { addressesOf, isLive, type ServicePlan } from './service-plan.ts';
import { vmName, vmNode } from './service-vms.ts';
import { clientId, dateOf, SNAPSHOT_DAY, ZERO_DATE, ZERO_TIME, type World } from './world.ts';

/** All rows of one service: its own, its options, field values, addons, module row and the like. */
export function emitServiceRows(world: World, plan: ServicePlan, emit: Emit): void {
  emitHosting(world, plan, emit);
  if (plan.product.style) {
    emitOptionRows(plan, emit);
    emitFieldValues(world, plan, emit);
    emitModuleRow(world, plan, emit);
    emitAddons(world, plan, emit);
  }
  emitEvents(world, plan, emit);
}

/** Ids no row of tblclients or tblproducts has. */
const NO_CLIENT = 900_000_000;
const NO_PRODUCT = 999;

function ownerId(world: World, plan: ServicePlan): number {
  return plan.defects.has('orphanClient') ? NO_CLIENT + plan.index : clientId(world, plan.client);
}

function orderId({ index, defects }: ServicePlan): number {
  return defects.has('importedGuest') ? 0 : 20_001 + index;
}

function emitHosting(world: World, plan: ServicePlan, emit: Emit): void {
  const { index, id, product, defects, status, registered } = plan;
  const started = defects.has('absurdDate') ? '0001-11-30' : dateOf(registered);
  const amount = (plan.cents / 100).toFixed(2);
  const isOver = status === 'Terminated' || status === 'Cancelled';
  const ended = isOver ? dateOf(Math.min(registered + 200, SNAPSHOT_DAY)) : ZERO_DATE;
  const packageid = defects.has('orphanProduct') ? (index % 2) * NO_PRODUCT : product.id;
  emit('tblhosting', {
    id,
    userid: ownerId(world, plan),
    orderid: orderId(plan),
    packageid,
    server: plan.server,
    regdate: started,
    domain: plan.hostname,
    paymentmethod: world.random.pick('gateway', index, ['banktransfer', 'paypal', 'stripe']),
    qty: plan.quantity,
    firstpaymentamount: amount,
    amount,
    billingcycle: plan.cycle,
    nextduedate: plan.nextDue,
    nextinvoicedate: plan.nextDue,
    termination_date: ended,
    completed_date: status === 'Completed' ? dateOf(registered + 30) : ZERO_DATE,
    domainstatus: status,
    username: usernameOf(plan),
    password: opaqueSecret(world, 'service password', index),
    notes: notesOf(plan),
    suspendreason: status === 'Suspended' ? suspendReason(index) : '',
    overideautosuspend: index % 97 === 0 ? 1 : 0,
    overidesuspenduntil: ZERO_DATE,
    ...addressColumns(plan),
    lastupdate: ZERO_TIME,
    created_at: defects.has('absurdDate') ? ZERO_TIME : `${dateOf(registered)} 09:30:00`,
    updated_at: ZERO_TIME,
  });
}

function suspendReason(index: number): string {
  return index % 3 === 0 ? 'Abuse: spam &amp; scans' : 'Overdue on Payment';
}

function usernameOf(plan: ServicePlan): string {
  if (plan.product.style === 'power') return plan.defects.has('vmidNull') ? '' : String(plan.claims);
  if (plan.product.style === 'handmade' && plan.link === 'username') return `vm${plan.vmid}`;
  return plan.product.style === 'flex' ? `client${plan.client}` : 'root';
}

function notesOf({ defects, product, link, vmid, cluster, edit }: ServicePlan): string {
  if (edit === 'note') return 'Called on Monday, wants an invoice by post';
  if (defects.has('importedGuest')) return `PVEWHMCS: Imported from Proxmox Guest VMID ${vmid}`;
  if (product.style === 'handmade' && link === 'notes')
    return `by hand, see wiki\r\nVMID: ${vmid} (${cluster})`;
  return '';
}

function addressColumns(plan: ServicePlan): { dedicatedip: string; assignedips: string } {
  const { defects, product } = plan;
  if (!product.style || plan.status === 'Pending') return { dedicatedip: '', assignedips: '' };
  const { primary, extra, ipv6 } = addressesOf(plan);
  if (defects.has('importedGuest')) return { dedicatedip: primary, assignedips: primary };
  if (defects.has('messyAddresses')) {
    return {
      dedicatedip: ` ${primary}`,
      assignedips: [primary, ...extra.map((ip) => `${ip} `), '', ipv6].join('\r\n'),
    };
  }
  const odd = defects.has('badIp') ? ['see ticket #4711'] : [];
  return { dedicatedip: primary, assignedips: [...extra, ...odd, ipv6].join('\n') };
}

function emitFieldValues(world: World, plan: ServicePlan, emit: Emit): void {
  let n = 0;
  const add = (fieldid: number | undefined, value: string) => {
    n += 1;
    if (fieldid === undefined) return;
    const stamp = plan.index % 2 === 0 ? ZERO_TIME : '2024-02-29 23:59:59';
    emit('tblcustomfieldsvalues', {
      id: plan.index * 12 + n,
      fieldid,
      relid: plan.id,
      value,
      created_at: stamp,
      updated_at: stamp,
    });
  };
  const { defects, product, choice } = plan;
  if (product.style === 'flex' && hasLink(plan)) {
    const padded = defects.has('paddedVmid') ? `  ${plan.claims} ` : String(plan.claims);
    add(FIELDS.globalVmid, defects.has('vmidInvalid') ? 'ask Jan' : padded);
    if (defects.has('emptyFieldRow')) add(FIELDS.globalVmid, '');
    if (defects.has('conflictingFields')) add(FIELDS.globalVmid, String(plan.claims + 1));
    add(FIELDS.globalIp, addressesOf(plan).primary);
    add(FIELDS.rootPassword, `root-${world.random.hex('root password', plan.index, 8)}`);
  }
  if (product.style === 'handmade' && plan.link === 'field' && hasLink(plan)) {
    add(FIELDS.handmadeVmid[product.id], String(plan.vmid));
  }
  if (product.style === 'pvewhmcs') {
    const raw = ['9001', '9002', '9003'][choice.os] ?? '';
    const label = ['Ubuntu 22.04', 'Debian 12', 'AlmaLinux 9'][choice.os] ?? '';
    add(FIELDS.template[product.id], defects.has('pipedField') ? `${raw}|${label}` : raw);
    if (defects.has('leftoverFields')) add(FIELDS.formerTemplate, '102');
  }
  if (defects.has('unmappedField')) add(FIELDS.resellerTag[product.id], 'gold');
  if (defects.has('clientFieldClash')) add(FIELDS.vatNumber, 'DE123456789');
  if (defects.has('orphanField')) add(9950, 'left behind');
}

/** Services that never got a VM, and most of those that are over, have no link. */
function hasLink(plan: ServicePlan): boolean {
  return isLive(plan) || plan.defects.has('zombie');
}

function emitModuleRow(world: World, plan: ServicePlan, emit: Emit): void {
  if (!hasLink(plan)) return;
  const { id, index, product, defects } = plan;
  const { primary } = addressesOf(plan);
  const created = `${dateOf(plan.registered)} 10:00:00`;
  const network = { ipaddress: primary, subnetmask: '255.255.255.0', gateway: '10.64.0.1', created };
  // Where the module last saw the VM; only the simulator knows where it is.
  const node = vmNode(world, { ...plan, defects: new Set() });
  const user_id = clientId(world, plan.client);
  if (product.style === 'pvewhmcs') {
    emit('mod_pvewhmcs_vms', {
      id,
      node_id: 0,
      user_id,
      vtype: vmTypeOf(plan),
      ...network,
      vmid: defects.has('vmidNull') ? null : plan.claims,
      v6prefix: null,
    });
  } else if (product.style === 'prve') {
    emit('mod_prve_vms', { id, user_id, vtype: 'kvm', ...network });
  } else if (product.style === 'power') {
    const password = opaqueSecret(world, 'vm password', index);
    emit('mod_proxmoxvm', { id: index + 1, service_id: id, vmid: plan.claims, node, password });
  } else if (product.style === 'puq') {
    emit('puqProxmoxKVM_vm_info', {
      id: index + 1,
      service_id: id,
      vm_id: plan.claims,
      vm_name: vmName(world, plan),
      node,
      status: 'ready',
      ips: JSON.stringify([primary]),
    });
  }
}

function emitAddons(world: World, plan: ServicePlan, emit: Emit): void {
  let n = 0;
  const add = (addonid: number, status: string) => {
    n += 1;
    emit('tblhostingaddons', {
      id: plan.index * 4 + n,
      orderid: orderId(plan),
      hostingid: plan.id,
      addonid,
      userid: ownerId(world, plan),
      name: ADDONS.find(({ id }) => id === addonid)?.name ?? '',
      qty: 1,
      recurring: '2.00',
      billingcycle: 'Monthly',
      status,
      regdate: dateOf(plan.registered),
      nextduedate: dateOf(SNAPSHOT_DAY + 20),
    });
  };
  const { defects } = plan;
  if (defects.has('addonAddress')) add(501, 'Active');
  if (defects.has('addonBackup')) add(502, 'Active');
  if (defects.has('addonRam')) add(503, 'Active');
  // An addon that is over adds nothing.
  else if (plan.product.id === 101 && plan.index % 7 === 0) add(503, 'Terminated');
}

/** Orders, upgrades, cancellations and failed module actions. */
function emitEvents(world: World, plan: ServicePlan, emit: Emit): void {
  const { index, id, defects } = plan;
  const userid = ownerId(world, plan);
  const amount = (plan.cents / 100).toFixed(2);
  if (orderId(plan) > 0) {
    emit('tblorders', {
      id: orderId(plan),
      ordernum: 1_000_000_000 + world.random.word('order number', index),
      userid,
      date: `${dateOf(plan.registered)} 09:29:00`,
      amount,
      status: plan.status === 'Pending' ? 'Pending' : 'Active',
    });
  }
  if (defects.has('pendingUpgrade')) {
    emit('tblupgrades', {
      id: index + 1,
      userid,
      orderid: orderId(plan),
      type: 'package',
      date: dateOf(SNAPSHOT_DAY - 2),
      relid: id,
      originalvalue: String(plan.product.id),
      newvalue: '103,Monthly',
      amount: '5.00',
      status: 'Pending',
      paid: 'N',
    });
  }
  if (defects.has('queuedAction')) {
    emit('tblmodulequeue', {
      id: index + 1,
      service_type: 'service',
      service_id: id,
      module_name: plan.product.servertype,
      module_action: 'SuspendAccount',
      last_attempt: `${dateOf(SNAPSHOT_DAY - 1)} 03:00:00`,
      last_attempt_error: 'Connection timed out',
      num_retries: 3,
      completed: 0,
    });
  }
  if (!defects.has('cancelRequest')) return;
  for (const [n, type] of ['Immediate', 'End of Billing Period'].entries()) {
    const date = `${dateOf(SNAPSHOT_DAY - 9 + n)} 12:00:00`;
    emit('tblcancelrequests', {
      id: index * 2 + n + 1,
      date,
      relid: id,
      reason: 'too &quot;slow&quot;',
      type,
    });
  }
}

/** What the module wrote: older imports say kvm. */
function vmTypeOf({ defects, index }: ServicePlan): string {
  if (defects.has('vmKindMismatch') || defects.has('vmIsContainer')) return 'lxc';
  return index % 5 === 0 ? 'kvm' : 'qemu';
}
