import {
  ADDONS,
  CURRENCIES,
  FIELDS,
  PLANS,
  PRODUCT_GROUPS,
  PRODUCTS,
  SERVERS,
  type Product,
} from './catalogue.ts';
import { OPTION_GROUPS, OPTIONS, valueId } from './options.ts';
import { opaqueSecret } from './passwords.ts';
import { planService } from './plan-service.ts';
import type { Emit, Row } from './row.ts';
import { addressesOf } from './service-plan.ts';
import { macOf } from './service-vms.ts';
import type { World } from './world.ts';

/** The rows that do not depend on the size: products, options, prices, fields, servers, settings. */
export function emitCatalogueRows(world: World, emit: Emit): void {
  for (const { id, code, prefix, suffix, rate } of CURRENCIES) {
    emit('tblcurrencies', { id, code, prefix, suffix, format: 1, rate, default: id === 1 ? 1 : 0 });
  }
  for (const [n, group] of PRODUCT_GROUPS.entries()) {
    const { id, name, slug, hidden = 0 } = group;
    emit('tblproductgroups', { id, name, slug, hidden, order: n });
  }
  const pricing = pricingRows(emit);
  for (const [n, product] of PRODUCTS.entries()) emitProduct(product, n, emit, pricing);
  emitOptions(emit, pricing);
  for (const { id, name, packages } of ADDONS) {
    emit('tbladdons', { id, name, packages, billingcycle: 'recurring', showorder: 1 });
    pricing('addon', id, 200);
  }
  emitFields(emit);
  emitServers(world, emit);
  emitModuleSettings(emit);
  emitSettings(world, emit);
}

type Pricing = (type: 'product' | 'addon' | 'configoptions', relid: number, cents: number) => void;

function pricingRows(emit: Emit): Pricing {
  let id = 0;
  return (type, relid, cents) => {
    for (const { id: currency, rate } of CURRENCIES) {
      id += 1;
      const price = (months: number) => ((cents * months * rate) / 100).toFixed(2);
      // -1.00 means that the cycle is not on sale.
      const rare = type === 'product' && relid % 2 === 1 ? '-1.00' : undefined;
      emit('tblpricing', {
        id,
        type,
        currency,
        relid,
        msetupfee: relid === 103 ? '10.00' : '0.00',
        monthly: price(1),
        quarterly: price(3),
        semiannually: price(6),
        annually: price(12),
        biennially: rare ?? price(24),
        triennially: rare ?? price(36),
      });
    }
  };
}

function emitProduct(product: Product, order: number, emit: Emit, pricing: Pricing): void {
  const { id, type, gid, name, settings = [], optionGroups } = product;
  const numbered = Object.fromEntries(
    Array.from({ length: 24 }, (_, n) => [`configoption${n + 1}`, settings[n] ?? '']),
  );
  emit('tblproducts', {
    id,
    type,
    gid,
    name,
    slug: `product-${id}`,
    description: `${name} &mdash; setup within minutes`,
    hidden: product.hidden ? 1 : 0,
    paytype: product.paytype ?? 'recurring',
    allowqty: product.allowqty ?? 0,
    servertype: product.servertype,
    servergroup: gid,
    ...numbered,
    order,
    retired: product.retired ? 1 : 0,
    created_at: '2018-01-01 00:00:00',
    updated_at: '0000-00-00 00:00:00',
  });
  pricing('product', id, product.cents);
  for (const gidOfOptions of optionGroups) {
    emit('tblproductconfiglinks', { id: id * 100 + gidOfOptions, gid: gidOfOptions, pid: id });
  }
}

function emitOptions(emit: Emit, pricing: Pricing): void {
  for (const [id, name] of Object.entries(OPTION_GROUPS)) {
    emit('tblproductconfiggroups', { id: Number(id), name, description: '' });
  }
  for (const [n, { id, gid, name, type, values, retired = [], hidden }] of OPTIONS.entries()) {
    emit('tblproductconfigoptions', {
      id,
      gid,
      optionname: name,
      optiontype: String(type),
      qtyminimum: 0,
      qtymaximum: type === 4 ? 16 : 0,
      order: n,
      hidden: hidden ? 1 : 0,
    });
    for (const [place, optionname] of values.entries()) {
      const isHidden = retired.includes(place) ? 1 : 0;
      emit('tblproductconfigoptionssub', {
        id: valueId(id, place),
        configid: id,
        optionname,
        sortorder: place,
        hidden: isHidden,
      });
      pricing('configoptions', valueId(id, place), place * 100);
    }
  }
}

function emitFields(emit: Emit): void {
  const field = (id: number | undefined, relid: number, fieldname: string, rest: Row = {}) => {
    if (id === undefined) return;
    const plain = { fieldtype: 'text', fieldoptions: '', adminonly: 'on', ...rest };
    emit('tblcustomfields', {
      id,
      type: relid < 0 ? 'client' : 'product',
      relid: Math.max(relid, 0),
      fieldname,
      ...plain,
    });
  };
  field(FIELDS.globalVmid, 0, 'VMID', { adminonly: '0' });
  field(FIELDS.globalIp, 0, 'IP', { adminonly: '0' });
  field(FIELDS.rootPassword, 0, 'PVEPassword');
  for (const [product, id] of Object.entries(FIELDS.handmadeVmid)) {
    field(id, Number(product), 'vmid|Virtual machine ID');
  }
  for (const [product, id] of Object.entries(FIELDS.template)) {
    const fieldoptions = '9001|Ubuntu 22.04,9002|Debian 12,9003|AlmaLinux 9';
    field(id, Number(product), 'KVMTemplate', { fieldtype: 'dropdown', fieldoptions, adminonly: '' });
  }
  field(FIELDS.formerTemplate, 99, 'KVMTemplate', { fieldtype: 'dropdown' });
  for (const [product, id] of Object.entries(FIELDS.resellerTag)) field(id, Number(product), 'Reseller Tag');
  field(FIELDS.vatNumber, -1, 'VAT &amp; company number', { adminonly: '' });
}

const MAC_POOL_SIZE = 50;

function emitServers(world: World, emit: Emit): void {
  for (const { id, name, type, cluster, disabled } of SERVERS) {
    const isFrankfurt = cluster !== 'ams1';
    emit('tblservers', {
      id,
      name,
      ipaddress: isFrankfurt ? '10.20.0.11' : '10.21.0.11',
      assignedips: id === 5 ? macPool(world) : '',
      hostname: `${cluster ?? 'web1'}.example.net`,
      type,
      username: id % 2 === 0 ? 'root@pam!whmcs' : 'root',
      password: opaqueSecret(world, 'server password', id),
      secure: 'on',
      port: cluster ? 8006 : null,
      active: disabled ? 0 : 1,
      disabled: disabled ?? 0,
    });
  }
  for (const { id, name } of PRODUCT_GROUPS) emit('tblservergroups', { id, name, filltype: 1 });
  for (const { id } of SERVERS) emit('tblservergroupsrel', { id, groupid: 11 + (id % 3), serverid: id });
}

/** One line per address: MAC=IP;bridge,mtu, an abuse of the column by one module. */
function macPool(world: World): string {
  const lines: string[] = [];
  for (let index = 0; index < world.services && lines.length < MAC_POOL_SIZE; index += 2) {
    const plan = planService(world, index);
    if (plan?.product.style !== 'flex') continue;
    lines.push(`${macOf(world, index).toLowerCase()}=${addressesOf(plan).primary};vmbr0,1500`);
  }
  return lines.join('\n');
}

function emitModuleSettings(emit: Emit): void {
  emit('mod_pvewhmcs', { id: 1, config: '', vnc_secret: 'not-a-secret', start_vmid: '4000' });
  for (const plan of PLANS) {
    emit('mod_pvewhmcs_plans', {
      ...plan,
      vmtype: 'kvm',
      ostype: 'l26',
      diskformat: 'raw',
      storage: 'local-lvm',
      bridge: 'vmbr',
      onboot: 1,
    });
    const { id, title, cpus, cores, memory, disk } = plan;
    emit('mod_prve_plans', { id, title, vmtype: 'kvm', cpus, cores, memory, disk });
  }
  emit('mod_pvewhmcs_ip_pools', { id: 1, title: 'main', gateway: '10.64.0.1' });
  for (let n = 1; n <= 20; n += 1) {
    emit('mod_pvewhmcs_ip_addresses', {
      id: n,
      pool_id: 1,
      ipaddress: `10.64.255.${n}`,
      mask: '255.255.0.0',
    });
  }
}

function emitSettings(world: World, emit: Emit): void {
  const settings = {
    Version: '8.10.1-release.1',
    CompanyName: 'Example &amp; Hosting',
    SystemURL: 'https://my.example.net/',
    Language: 'english',
    Charset: 'utf-8',
    DateFormat: 'DD/MM/YYYY',
  };
  for (const [n, [setting, value]] of Object.entries(settings).entries()) {
    emit('tblconfiguration', { id: n + 1, setting, value });
  }
  emit('tbladmins', {
    id: 1,
    username: 'admin',
    passwordhash: '*',
    firstname: 'Ada',
    email: 'admin@example.net',
  });
  emit('tbladdonmodules', {
    id: 1,
    module: 'pvewhmcs',
    setting: 'token',
    value: world.random.hex('token', 1, 32),
  });
  for (const language of ['german', 'french']) {
    emit('tbldynamic_translations', {
      id: language === 'german' ? 1 : 2,
      related_type: 'configurable_option.{id}.name',
      related_id: 301,
      language,
      translation: language === 'german' ? 'ram|Arbeitsspeicher' : 'ram|M\u00e9moire',
      input_type: 'text',
    });
  }
}
