/** What a code means, and what to do about it. */
export interface CodeHelp {
  meaning: string;
  remedy: string;
}

type Entry = readonly [meaning: string, remedy: string];

const FIX_SOURCE = 'Correct it in WHMCS and run again.';
const NOTHING = 'Nothing to do, if that is what you want.';

/** Why a row was quarantined: by what is in the source. */
const IN_THE_SOURCE = {
  account_without_owner: [
    'The client has no user who owns it.',
    'Make a user its owner in WHMCS and run again.',
  ],
  bad_amount: ['The amount is no exact sum of money.', FIX_SOURCE],
  bad_composite: [
    'A value with several parts, such as "2 vCPU & 4 GB", does not have them.',
    'Correct the value in WHMCS, or the separator of the rule.',
  ],
  bad_email: [
    'The address is no e-mail address; a user cannot log in without one, a client migrates without it.',
    FIX_SOURCE,
  ],
  bad_flag: ['A value is neither yes nor no.', 'Correct the value, or map the option to another field.'],
  bad_number: ['A value is no number the field can have.', 'Correct the value, or the rule that reads it.'],
  conflicting_values: [
    'Two rows say different things about one value.',
    'Remove the wrong one in WHMCS, or ignore one of them in the mapping.',
  ],
  client_not_migrated: [
    'The client of the service is not migrated.',
    'See to the client first; its services follow.',
  ],
  closed_client: ['The client is closed.', NOTHING],
  email_duplicate: [
    'Another user of the source logs in with the same address.',
    'Change or merge one of the two in WHMCS and run again.',
  ],
  email_of_admin: [
    'An admin of Berth has this address; a customer must not become one.',
    'Change the address of the user or of the admin.',
  ],
  empty_raw: [
    'A value has a label but nothing before its pipe.',
    'For a warning: check the value. Otherwise write what the module needs before the pipe.',
  ],
  missing_due_date: ['A recurring service has no next due date.', 'Set the date in WHMCS and run again.'],
  missing_required: [
    'Nothing says how large the server is.',
    'Choose the option in WHMCS, or give the product a base in the mapping.',
  ],
  option_value_mismatch: ['The chosen value belongs to another option.', 'Choose the option anew in WHMCS.'],
  orphan_client: [
    'The client of the service does not exist.',
    'Assign the service to a client or delete it in WHMCS.',
  ],
  orphan_plan: [
    'The product names a plan its module does not have.',
    'Choose a plan in the settings of the product.',
  ],
  orphan_product: ['The product of the service does not exist.', 'Move the service to a product in WHMCS.'],
  orphan_server: ['The server of the service does not exist.', 'Assign the service to a server in WHMCS.'],
  orphan_suboption: [
    'The chosen value of an option does not exist any more.',
    'Choose the option anew in WHMCS.',
  ],
  out_of_range: ['A size lies outside what the mapping allows.', 'Correct it, or min and max under fields.'],
  unreadable_row: [
    'A column holds what nobody expected there; the row was set aside and the others went on.',
    'The message names the column: correct the row in WHMCS.',
  ],
} as const satisfies Record<string, Entry>;

/** What a line in the mapping file settles. */
const IN_THE_MAPPING = {
  location_unmapped: [
    'The location is not in the map of locations.',
    'Add it under location in the mapping.',
  ],
  os_unmapped: [
    'The operating system is not in the map; the server migrates without one.',
    'Add it under os in the mapping, if you want to keep it.',
  ],
  unit_mismatch: [
    'A value is measured in something else than its field, such as a speed for a volume.',
    'Map the option to the right field.',
  ],
  unit_undeclared: [
    'A number has no unit and its rule names none; nothing is guessed.',
    'Add unit to the rule.',
  ],
  unknown_currency: ['The currency of the client does not exist.', FIX_SOURCE],
  unknown_cycle: ['The billing cycle is none Berth knows.', 'Say under cycles which one it is.'],
  unknown_status: ['The status is not in the mapping.', 'Say under statuses what becomes of it.'],
  unmapped_addon: ['No rule for an addon.', 'Map it or ignore it, with a reason.'],
  unmapped_field: ['No rule for a custom field.', 'Map it or ignore it, with a reason.'],
  unmapped_option: ['No rule for a configurable option.', 'Map it or ignore it, with a reason.'],
  unmapped_product: ['The product is not in the mapping.', 'Add it under products, or ignore it.'],
  unmapped_server: ['The server is mapped to no cluster.', 'Add it under servers.'],
} as const satisfies Record<string, Entry>;

/** What the clusters say. */
const ON_THE_CLUSTERS = {
  vm_ambiguous: [
    'Several VMs could be the one, and nothing decides.',
    'Write the VMID into the field or row of the module, and assign the service to a server, in WHMCS.',
  ],
  vm_claimed_twice: ['Two services claim one VM.', 'Find out whose it is, correct the other, and run again.'],
  vm_is_template: ['The VM that is named is a template.', 'Correct the VMID in WHMCS.'],
  vm_kind_mismatch: [
    'WHMCS says VM and Proxmox says container, or the other way round.',
    'Correct the VMID or the kind in the row of the module.',
  ],
  vm_kind_unsupported: [
    'It is a container; Berth runs virtual machines only.',
    'Keep it where it is, or make it a VM.',
  ],
  vm_not_found: [
    'No VM of a mapped cluster is the one the service names.',
    'Terminate the service if the VM is gone, or correct its VMID or its server in WHMCS.',
  ],
  vm_taken: ['Another server of Berth has the VM.', 'Correct the VMID in WHMCS, or delete that server.'],
  vmid_invalid: ['What should be a VMID is none: a number from 100 on.', 'Correct it in WHMCS.'],
} as const satisfies Record<string, Entry>;

/** Recorded with a row that is migrated all the same. */
const WARNINGS = {
  bad_mac: [
    'The text of a field mapped to macAddress is no MAC address; it is not looked at.',
    'Nothing, unless the VM is not found.',
  ],
  bad_hostname: ['The host name is none; the server migrates without it.', 'The customer can set another.'],
  bad_ip: ['Something among the addresses is none; it is left out.', 'Check the addresses of the server.'],
  cancel_requested: [
    'The customer has asked for cancellation.',
    'Cancel the server in Berth when it is time.',
  ],
  deleted_in_berth: [
    'The server was deleted in Berth since; it stays deleted.',
    'Terminate the service in WHMCS.',
  ],
  duplicate_option: ['Several options say the same.', 'Nothing to do.'],
  hostname_missing: ['The service has no host name.', 'The customer can set one.'],
  module_queue_pending: [
    'WHMCS has an action still to be tried again.',
    'Settle it before WHMCS is switched off.',
  ],
  multi_pipe: ['A value has several pipes; the first one was taken.', 'Check the value once.'],
  multiple_owners: ['Several users own the client; all stay owners.', NOTHING],
  negative_amount: ['The amount is below zero.', 'Check whether it is a discount that should go on.'],
  orphan_field: ['A value of a custom field that does not exist was left out.', 'Nothing to do.'],
  orphan_option: ['A choice of an option that does not exist was left out.', 'Nothing to do.'],
  pending_upgrade: ['An upgrade is pending in WHMCS and would be lost.', 'Settle it in WHMCS and run again.'],
  qty_above_one: ['One service is billed several times.', 'Check whether several servers are meant.'],
  raw_label_disagree: [
    'Value and label of an option disagree; the value was taken, since the VM was made with it.',
    'Check what was sold.',
  ],
  spec_drift: [
    'The VM has other cores or other memory than were sold.',
    'Resize it in Berth, or correct the options in WHMCS.',
  ],
  vm_name_foreign: [
    'The VM is named after another service.',
    'Check whose it is before customers use Berth, and rename it.',
  ],
  vm_stopped: ['The service is active, but its VM does not run.', 'Start it, or ask the customer.'],
} as const satisfies Record<string, Entry>;

/** Left out on purpose. */
const SKIPPED = {
  cancelled: ['The service is cancelled.', NOTHING],
  fraud: ['The service is marked as fraud.', NOTHING],
  no_account: ['The user may enter no account that is migrated.', NOTHING],
  not_vps: ['The mapping ignores the product.', NOTHING],
  pending: [
    'The service was ordered and never delivered.',
    'Deliver it in WHMCS first, or order it in Berth.',
  ],
  terminated: ['The service is over.', 'If its VM is still there (a zombie below), delete it by hand.'],
} as const satisfies Record<string, Entry>;

/** Why a run stands still, or why a row could not be written. */
const OF_THE_RUN = {
  cluster_unknown: [
    'The mapping names a cluster Berth does not know.',
    'Add the cluster to Berth and resume; or cancel, correct the mapping and plan again.',
  ],
  cluster_unreachable: ['A cluster cannot be read whole.', 'Make it reachable; the run goes on by itself.'],
  internal_error: [
    'Something nobody expected; the message is all that is known.',
    'Look at the worker’s log. Resume once; if it comes again, report it.',
  ],
  load_refused: ['PostgreSQL refused the row.', 'The message says why: correct it in WHMCS and run again.'],
  not_started: ['Temporal did not take the run up.', 'Nothing was done: run again.'],
  range_missing: ['The run was prepared anew meanwhile.', 'Nothing to do: the newer one goes on.'],
  source_bad_url: ['The URL of the source is none.', 'Correct it and start again.'],
  source_damaged: [
    'A table of the source was damaged when its server died.',
    'Open it in WHMCS or repair it; the run goes on by itself.',
  ],
  source_query: ['The source could not answer.', 'The message says why; resume when it can.'],
  run_over: [
    'The run was ended while a worker was at it.',
    'Nothing to do: what that worker had not written is not written.',
  ],
  source_refused: ['The source refuses the login.', 'Correct the login and resume.'],
  source_row: ['A row of the source cannot be read.', 'The message names the column: correct it in WHMCS.'],
  source_schema: ['The source lacks what Berth reads.', 'Check that it is the database of WHMCS 8.'],
  source_secret_dropped: ['The login of the source is no longer kept.', 'Start a new run.'],
  source_unreachable: ['The source cannot be reached.', 'The run goes on by itself when it can.'],
  target_disk_full: ['PostgreSQL has no room left.', 'Give it more and resume.'],
  target_unreachable: ['Berth’s PostgreSQL does not answer.', 'The run goes on by itself when it does.'],
  too_many_errors: [
    'More rows cannot be read than the run puts up with.',
    'Look at them, then resume with a higher limit.',
  ],
  worker_lost: [
    'The worker stopped answering in mid-work.',
    'The run goes on by itself when a worker does. See that one runs.',
  ],
  too_many_quarantined: [
    'More rows are quarantined than the run puts up with.',
    'Look at them, then resume with a higher limit.',
  ],
} as const satisfies Record<string, Entry>;

/** What each group of codes is about, in the order in which an admin meets them. */
const GROUPS = {
  'Quarantined: in the source': IN_THE_SOURCE,
  'Quarantined: settled in the mapping': IN_THE_MAPPING,
  'Quarantined: on the clusters': ON_THE_CLUSTERS,
  'Migrated with a warning': WARNINGS,
  Skipped: SKIPPED,
  'Of the run': OF_THE_RUN,
} as const;

export type MigrationCode = {
  [Group in keyof typeof GROUPS]: keyof (typeof GROUPS)[Group];
}[keyof typeof GROUPS];

const CODES: Readonly<Record<string, Entry>> = Object.assign({}, ...Object.values(GROUPS));

/** Every code there is, group by group. */
export function listCodes(): ({ group: string; code: string } & CodeHelp)[] {
  return Object.entries(GROUPS).flatMap(([group, codes]) =>
    Object.entries<Entry>(codes).map(([code, [meaning, remedy]]) => ({ group, code, meaning, remedy })),
  );
}

export function isKnownCode(code: string): boolean {
  return Object.hasOwn(CODES, code);
}

/** A mapping may name codes of its own, for statuses it skips. */
export function explainCode(code: string): CodeHelp {
  const [meaning, remedy] = (isKnownCode(code) ? CODES[code] : undefined) ?? [
    'The mapping leaves rows of this status out.',
    NOTHING,
  ];
  return { meaning, remedy };
}
