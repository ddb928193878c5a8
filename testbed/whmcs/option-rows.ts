import { OPTIONS, valueId } from './options.ts';
import type { Emit } from './row.ts';
import type { ServicePlan } from './service-plan.ts';

interface Chosen {
  option: number;
  /** Which of the option's values. */
  value: number;
  /** Of quantity and yes/no options. */
  quantity?: number;
}

const RAM_OPTION: Partial<Record<string, number>> = { flex: 301, power: 321, handmade: 331, puq: 351 };

/** The rows of tblhostingconfigoptions for a service, faults included. */
export function emitOptionRows(plan: ServicePlan, emit: Emit): void {
  let n = 0;
  const add = (configid: number, optionid: number, qty: number) => {
    n += 1;
    emit('tblhostingconfigoptions', { id: plan.index * 24 + n, relid: plan.id, configid, optionid, qty });
  };
  const { defects } = plan;
  for (const chosen of [...sizeChoices(plan), ...otherChoices(plan), ...comfortChoices(plan)]) {
    const type = OPTIONS.find(({ id }) => id === chosen.option)?.type;
    const ordinary = defects.has('zeroQuantityDropdown') ? 0 : 1;
    const qty = type === 3 || type === 4 ? (chosen.quantity ?? 0) : ordinary;
    const isRam = chosen.option === RAM_OPTION[plan.product.style ?? ''];
    if (isRam && defects.has('missingRequired')) continue;
    if (isRam && defects.has('unitUndeclared')) {
      add(373, valueId(373, 0), qty);
      continue;
    }
    const configid = isRam && defects.has('orphanRequiredOption') ? 9901 : chosen.option;
    add(configid, isRam ? ramValue(plan, chosen) : valueId(chosen.option, chosen.value), qty);
    if (isRam && defects.has('duplicateRows')) add(configid, ramValue(plan, chosen), qty);
    if (isRam && defects.has('conflictingRows')) {
      add(configid, valueId(chosen.option, (chosen.value + 1) % 4), qty);
    }
  }
  if (defects.has('unmappedOption')) add(372, valueId(372, 0), 1);
  if (defects.has('duplicateOption')) add(374, valueId(374, plan.size.ram), 1);
  if (defects.has('conflictingOptions')) add(374, valueId(374, (plan.size.ram + 1) % 4), 1);
  // An option of a group the product is not linked to: it was bought with a former product.
  if (defects.has('leftoverOptions')) add(361, valueId(361, 0), 1);
  if (defects.has('orphanExtraOption')) add(9902, 990_201, 1);
}

/** The id of the RAM value: the sold one, or what a fault makes of it. */
function ramValue({ defects, product }: ServicePlan, { option, value }: Chosen): number {
  if (defects.has('orphanSubOption')) return 999_001;
  // Belongs to the CPU option.
  if (defects.has('mismatchedSubOption')) return valueId(option + 1, value);
  const isFlex = product.style === 'flex';
  if (defects.has('rawLabelDisagree')) return valueId(option, 4);
  if (defects.has('hiddenSubOption')) return valueId(option, isFlex ? 5 : 7);
  if (defects.has('spacedPipe')) return valueId(option, 4);
  if (defects.has('emptyRawRequired')) return valueId(option, 5);
  if (defects.has('outOfRange')) return valueId(option, 6);
  return valueId(option, value);
}

function sizeChoices({ product, size, defects, extraRam }: ServicePlan): Chosen[] {
  const sizes = (ram: number, cpu: number, disk: number): Chosen[] => [
    { option: ram, value: size.ram },
    { option: cpu, value: size.cpu },
    { option: disk, value: size.disk },
  ];
  if (product.id === 132) {
    return [
      { option: 341, value: size.cpu },
      { option: 342, value: size.disk },
    ];
  }
  if (product.style === 'flex') return sizes(301, 302, 303);
  if (product.style === 'handmade') return sizes(331, 333, 334);
  if (product.style === 'power') {
    return [...sizes(321, 322, 323), { option: 325, value: 0, quantity: extraRam }];
  }
  if (product.style !== 'puq') return [];
  return sizes(351, 352, 353).filter(({ option }) => option !== 351 || !defects.has('optionPredated'));
}

function otherChoices(plan: ServicePlan): Chosen[] {
  const { product, choice, defects } = plan;
  switch (product.id) {
    case 102:
      return [{ option: 395, value: 0, quantity: plan.extraIps }];
    case 111:
    case 112: {
      const flex = [
        { option: 304, value: osValue(plan) },
        { option: 305, value: 0, quantity: plan.backups ? 1 : 0 },
      ];
      if (product.id === 111) return flex;
      const bandwidth = defects.has('unitMismatch') ? 3 : choice.bandwidth;
      return [
        ...flex,
        { option: 311, value: bandwidth },
        { option: 312, value: 0, quantity: plan.extraIps },
        { option: 371, value: 0, quantity: plan.index % 2 },
      ];
    }
    case 121:
    case 122:
      return [{ option: 324, value: osValue(plan) }];
    case 131:
    case 132:
      return [
        { option: 391, value: defects.has('locationUnmapped') ? 2 : choice.location },
        { option: 392, value: osValue(plan) },
      ];
    case 151:
      return [{ option: 354, value: choice.speed }];
    default:
      return [];
  }
}

/** What says nothing about the VM, and makes most of the rows. */
function comfortChoices({ product, index }: ServicePlan): Chosen[] {
  if (!product.optionGroups.includes(31)) return [];
  return [381, 382, 383, 384, 385].map((option) => ({ option, value: index % 2 }));
}

/** Flex and power have three good systems and then three odd ones, hand-made services two and one. */
function osValue({ product, choice, defects }: ServicePlan): number {
  if (product.style === 'handmade') return defects.has('osUnmapped') ? 2 : choice.os % 2;
  if (defects.has('multiPipe')) return 3;
  if (defects.has('emptyRawOs')) return 4;
  return defects.has('osUnmapped') ? 5 : choice.os;
}
