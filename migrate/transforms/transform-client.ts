import type { ClientBundle } from '../legacy/read-people.ts';
import type { TransformContext } from './context.ts';
import { parseDate, parseEmail, parseMoney } from './facts.ts';
import { createNotes, distinctWarnings, finding, type Outcome } from './outcome.ts';
import { parsePermissions } from './permissions.ts';
import { cleanText } from './text.ts';

/** An account of Berth: what WHMCS calls a client. */
export interface ClientFields {
  firstName: string;
  lastName: string;
  company: string;
  /** For invoices; accounts may share one. Null when it is no address. */
  email: string | null;
  address: { lines: string[]; city: string; state: string; postcode: string; country: string; phone: string };
  taxId: string;
  currency: string;
  credit: string;
  status: 'Active' | 'Inactive';
  language: string;
  wantsMarketing: boolean;
  created: string | null;
  members: { userId: number; owner: boolean; permissions: string[] }[];
}

/** Makes an account of a client of WHMCS, or says why not. Pure; never throws. */
export function transformClient(bundle: ClientBundle, context: TransformContext): Outcome<ClientFields> {
  const { client, memberships } = bundle;
  const notes = createNotes();
  const { trace = [] } = notes;
  if (client.status === 'Closed') {
    return {
      outcome: 'skipped',
      reason: finding('closed_client', 'the client is closed'),
      warnings: [],
      trace,
    };
  }
  const owners = memberships.filter(({ owner }) => owner === 1);
  if (owners.length === 0) {
    notes.problems.push(finding('account_without_owner', 'no user owns the client'));
  }
  if (owners.length > 1) {
    const ids = owners.map(({ auth_user_id }) => auth_user_id).join(', ');
    notes.warnings.push(finding('multiple_owners', `users ${ids} own the client`));
  }
  const currency = context.catalogue.currencies.get(client.currency);
  if (currency === undefined) {
    notes.problems.push(finding('unknown_currency', `currency ${client.currency} does not exist`));
  }
  const credit = parseMoney(client.credit);
  if (credit === undefined) {
    notes.problems.push(finding('bad_amount', `"${client.credit}" is no amount of money`));
  }
  const email = parseEmail(client.email);
  if (email === undefined)
    notes.warnings.push(finding('bad_email', 'the billing address is no e-mail address'));
  const warnings = distinctWarnings(notes.warnings);
  const [reason] = notes.problems;
  if (reason || currency === undefined || credit === undefined) {
    return { outcome: 'quarantined', reason: reason ?? finding('bad_amount', ''), warnings, trace };
  }
  return {
    outcome: 'migrated',
    warnings,
    trace,
    fields: accountFields(bundle, context, { email: email ?? null, currency, credit }),
  };
}

function accountFields(
  { client, memberships }: ClientBundle,
  context: TransformContext,
  checked: Pick<ClientFields, 'email' | 'currency' | 'credit'>,
): ClientFields {
  const text = (value: string) => cleanText(value, context.mapping.source);
  return {
    ...checked,
    firstName: text(client.firstname),
    lastName: text(client.lastname),
    company: text(client.companyname),
    address: {
      lines: [client.address1, client.address2].map(text).filter((line) => line !== ''),
      city: text(client.city),
      state: text(client.state),
      postcode: text(client.postcode),
      country: text(client.country),
      phone: text(client.phonenumber),
    },
    taxId: text(client.tax_id),
    status: client.status === 'Inactive' ? 'Inactive' : 'Active',
    language: text(client.language),
    wantsMarketing: client.marketing_emails_opt_in === 1,
    created: parseDate(client.datecreated),
    members: memberships
      .map(({ auth_user_id: userId, owner, permissions }) => ({
        userId,
        owner: owner === 1,
        permissions: parsePermissions(permissions),
      }))
      .toSorted((a, b) => a.userId - b.userId),
  };
}
