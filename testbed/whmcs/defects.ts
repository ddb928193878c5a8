/** What can be wrong with a service, and what a careful migration makes of it. */
export interface DefectRule {
  /**
   * `quarantine`: the service must not be migrated, for the reason `code`. `warning`: it is migrated and `code` is
   * recorded. `harmless`: nothing may show.
   */
  effect: 'quarantine' | 'warning' | 'harmless';
  code?: string;
  /** The usual dial: the share of the services to which it can happen. */
  rate: number;
}

const quarantine = (code: string, rate = 0.004): DefectRule => ({ effect: 'quarantine', code, rate });
const warning = (code: string, rate = 0.02): DefectRule => ({ effect: 'warning', code, rate });
const harmless = (rate = 0.04): DefectRule => ({ effect: 'harmless', rate });

export const SERVICE_DEFECTS = {
  orphanClient: quarantine('orphan_client'),
  orphanProduct: quarantine('orphan_product'),
  orphanServer: quarantine('orphan_server'),
  orphanRequiredOption: quarantine('missing_required', 0.01),
  missingRequired: quarantine('missing_required', 0.006),
  orphanSubOption: quarantine('orphan_suboption', 0.01),
  mismatchedSubOption: quarantine('option_value_mismatch', 0.01),
  unmappedOption: quarantine('unmapped_option', 0.008),
  conflictingOptions: quarantine('conflicting_values', 0.01),
  conflictingRows: quarantine('conflicting_values', 0.01),
  unitMismatch: quarantine('unit_mismatch', 0.03),
  unitUndeclared: quarantine('unit_undeclared', 0.01),
  emptyRawRequired: quarantine('empty_raw', 0.01),
  outOfRange: quarantine('out_of_range', 0.01),
  locationUnmapped: quarantine('location_unmapped', 0.01),
  unmappedField: quarantine('unmapped_field', 0.006),
  conflictingFields: quarantine('conflicting_values', 0.01),
  missingDueDate: quarantine('missing_due_date'),
  unknownCycle: quarantine('unknown_cycle'),
  vmMissing: quarantine('vm_not_found', 0.01),
  vmidNull: quarantine('vm_not_found', 0.02),
  vmidInvalid: quarantine('vmid_invalid', 0.02),
  vmClaimedTwice: quarantine('vm_claimed_twice', 0.02),
  vmAmbiguous: quarantine('vm_ambiguous', 0.03),
  vmKindMismatch: quarantine('vm_kind_mismatch', 0.02),
  vmIsContainer: quarantine('vm_kind_unsupported', 0.01),

  rawLabelDisagree: warning('raw_label_disagree', 0.05),
  duplicateOption: warning('duplicate_option', 0.05),
  orphanExtraOption: warning('orphan_option'),
  multiPipe: warning('multi_pipe'),
  emptyRawOs: warning('empty_raw'),
  osUnmapped: warning('os_unmapped'),
  orphanField: warning('orphan_field'),
  badIp: warning('bad_ip'),
  badHostname: warning('bad_hostname'),
  hostnameMissing: warning('hostname_missing'),
  vmStopped: warning('vm_stopped'),
  specDrift: warning('spec_drift'),
  negativeAmount: warning('negative_amount', 0.006),
  pendingUpgrade: warning('pending_upgrade'),
  queuedAction: warning('module_queue_pending', 0.01),
  cancelRequest: warning('cancel_requested'),
  severalQuantity: warning('qty_above_one', 0.01),

  vmMoved: harmless(0.1),
  hiddenSubOption: harmless(0.1),
  spacedPipe: harmless(0.1),
  zeroQuantityDropdown: harmless(0.5),
  duplicateRows: harmless(),
  leftoverOptions: harmless(0.1),
  leftoverFields: harmless(),
  emptyFieldRow: harmless(),
  paddedVmid: harmless(0.1),
  pipedField: harmless(0.3),
  optionPredated: harmless(0.1),
  clientFieldClash: harmless(),
  messyAddresses: harmless(0.1),
  importedGuest: harmless(),
  absurdDate: harmless(),
  addonRam: harmless(0.05),
  addonAddress: harmless(0.05),
  addonBackup: harmless(0.05),
  zombie: harmless(0.1),
} satisfies Record<string, DefectRule>;

/** What can be wrong with clients and users. */
export const PEOPLE_DEFECTS = {
  missingOwner: quarantine('account_without_owner', 0.006),
  severalOwners: warning('multiple_owners', 0.01),
  multiClientUser: harmless(0.1),
  invitedUser: harmless(0.1),
  sharedBillingEmail: harmless(0.02),
  caseVariantEmail: harmless(0.05),
  encodedName: harmless(0.05),
  doublyEncodedName: harmless(0.005),
  mojibakeName: harmless(0.01),
  nonAsciiName: harmless(0.15),
  closedClient: harmless(0.3),
  contact: harmless(0.1),
  orphanMembership: harmless(0.01),
  zeroCreatedAt: harmless(0.05),
} satisfies Record<string, DefectRule>;

/** Rows without a service or VMs without one, as a share of the number of services. */
export const STRAY_DEFECTS = {
  unclaimedVm: harmless(0.02),
  strayOptionRow: harmless(0.01),
  strayFieldValue: harmless(0.01),
  strayModuleRow: harmless(0.01),
  strayAddon: harmless(0.005),
} satisfies Record<string, DefectRule>;

export type ServiceDefect = keyof typeof SERVICE_DEFECTS;
export type Defect = ServiceDefect | keyof typeof PEOPLE_DEFECTS | keyof typeof STRAY_DEFECTS;

export const DEFECTS: Record<Defect, DefectRule> = {
  ...SERVICE_DEFECTS,
  ...PEOPLE_DEFECTS,
  ...STRAY_DEFECTS,
};

/** Every dial at its usual rate times `scale`, at most 1; `dials` overrides single ones. */
export function setDials(scale: number, dials: Partial<Record<Defect, number>> = {}): Record<Defect, number> {
  const usual = Object.entries(DEFECTS).map(([name, { rate }]) => [name, Math.min(rate * scale, 1)]);
  // The keys are those of DEFECTS.
  return { ...(Object.fromEntries(usual) as Record<Defect, number>), ...dials };
}
