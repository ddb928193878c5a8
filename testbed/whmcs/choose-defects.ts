import type { Style } from './catalogue.ts';
import { SERVICE_DEFECTS, type ServiceDefect } from './defects.ts';
import { isLive, type ServicePlan } from './service-plan.ts';
import type { World } from './world.ts';

type Rule = (plan: ServicePlan) => boolean;

const style =
  (...styles: Style[]): Rule =>
  (plan) =>
    styles.some((name) => name === plan.product.style);
const product =
  (...ids: number[]): Rule =>
  (plan) =>
    ids.includes(plan.product.id);
const always: Rule = () => true;
const isDue: Rule = ({ status, cycle }) =>
  status !== 'Completed' && cycle !== 'Free Account' && cycle !== 'One Time';
const isActive: Rule = ({ status }) => status === 'Active';

/** To which services a defect can happen. */
const APPLIES: Record<ServiceDefect, Rule> = {
  orphanClient: always,
  orphanProduct: always,
  orphanServer: style('pvewhmcs', 'flex', 'power', 'puq'),
  orphanRequiredOption: style('power'),
  missingRequired: (plan) => style('flex', 'power')(plan) || plan.product.id === 131,
  orphanSubOption: style('flex', 'puq'),
  mismatchedSubOption: style('flex', 'power'),
  unmappedOption: product(102, 111, 112, 121, 122),
  conflictingOptions: style('power'),
  conflictingRows: style('flex'),
  unitMismatch: product(112),
  unitUndeclared: style('power'),
  emptyRawRequired: style('power'),
  outOfRange: style('power'),
  locationUnmapped: style('handmade'),
  unmappedField: product(101, 102, 103, 111, 112),
  conflictingFields: style('flex'),
  missingDueDate: isDue,
  unknownCycle: isDue,
  vmMissing: always,
  vmidNull: style('pvewhmcs'),
  vmidInvalid: style('flex'),
  vmClaimedTwice: (plan) => style('pvewhmcs', 'flex', 'power', 'puq')(plan) && isLive(plan),
  vmAmbiguous: style('handmade'),
  vmKindMismatch: style('pvewhmcs'),
  vmIsContainer: style('pvewhmcs'),
  rawLabelDisagree: style('flex'),
  duplicateOption: style('power'),
  orphanExtraOption: style('pvewhmcs', 'flex', 'power', 'handmade'),
  multiPipe: style('flex', 'power'),
  emptyRawOs: style('flex', 'power'),
  osUnmapped: style('flex', 'power', 'handmade'),
  orphanField: always,
  badIp: always,
  badHostname: style('pvewhmcs', 'flex', 'power', 'prve', 'puq'),
  hostnameMissing: style('pvewhmcs', 'flex', 'power', 'prve', 'puq'),
  vmStopped: isActive,
  specDrift: always,
  negativeAmount: isDue,
  pendingUpgrade: always,
  queuedAction: always,
  cancelRequest: always,
  severalQuantity: product(112),
  vmMoved: always,
  hiddenSubOption: style('flex', 'power'),
  spacedPipe: style('power'),
  zeroQuantityDropdown: style('flex', 'power', 'handmade', 'puq'),
  duplicateRows: (plan) => style('flex', 'power')(plan) || plan.product.id === 131,
  leftoverOptions: always,
  leftoverFields: style('pvewhmcs'),
  emptyFieldRow: style('flex'),
  paddedVmid: style('flex'),
  pipedField: style('pvewhmcs'),
  optionPredated: style('puq'),
  clientFieldClash: always,
  messyAddresses: always,
  importedGuest: style('pvewhmcs'),
  absurdDate: always,
  addonRam: product(101, 102, 103, 121),
  addonAddress: product(101, 102, 103, 121, 131),
  addonBackup: product(101, 102, 103, 141),
  zombie: always,
};

export function canHave(defect: ServiceDefect, plan: ServicePlan): boolean {
  return APPLIES[defect](plan);
}

// The keys are those of SERVICE_DEFECTS.
const NAMES = Object.keys(SERVICE_DEFECTS) as ServiceDefect[];
const QUARANTINES = NAMES.filter(
  (name) => SERVICE_DEFECTS[name].effect === 'quarantine' && name !== 'vmClaimedTwice',
);
/** Of those in one line a service gets at most one, because they change the same value. */
const EXCLUSIVE: ServiceDefect[][] = [
  ['rawLabelDisagree', 'duplicateOption', 'spacedPipe', 'hiddenSubOption', 'optionPredated'],
  ['multiPipe', 'emptyRawOs', 'osUnmapped'],
  ['emptyFieldRow', 'paddedVmid'],
  ['badHostname', 'hostnameMissing'],
  ['importedGuest', 'negativeAmount', 'badIp', 'messyAddresses'],
  ['vmStopped', 'specDrift'],
];
const FREE = NAMES.filter(
  (name) =>
    SERVICE_DEFECTS[name].effect !== 'quarantine' &&
    name !== 'zombie' &&
    !EXCLUSIVE.some((line) => line.includes(name)),
);

/**
 * Throws the dice for each defect. A service gets one reason for quarantine at most and then nothing else, so that
 * the reason to be reported is never in doubt.
 */
export function chooseDefects(world: World, plan: ServicePlan): ReadonlySet<ServiceDefect> {
  const { random, dials } = world;
  const hits = (name: ServiceDefect) => APPLIES[name](plan) && random.chance(name, plan.index, dials[name]);
  if (!plan.product.style) return new Set();
  if (!isLive(plan)) {
    const over = plan.status === 'Terminated' || plan.status === 'Cancelled';
    return new Set(over && hits('zombie') ? ['zombie' as const] : []);
  }
  const isRepaired = plan.edit === 'repaired';
  if (!plan.facts.missingOwner && !isRepaired) {
    const reason = QUARANTINES.find(hits);
    if (reason) return new Set([reason]);
  }
  const single = EXCLUSIVE.map((line) => line.find(hits)).filter((name) => name !== undefined);
  return new Set([...single, ...FREE.filter(hits)]);
}

/** Whether one of these keeps the service from being migrated. */
export function quarantineOf(defects: ReadonlySet<ServiceDefect>): ServiceDefect | undefined {
  return [...defects].find((name) => SERVICE_DEFECTS[name].effect === 'quarantine');
}
