/** What is wrong with a term of a search for servers. */
export const SEARCH_SAYINGS = {
  quote_open: 'a closing quotation mark is missing',
  no_such_term: 'there is no {kind}: – use {kinds}',
  value_missing: 'say what to look for right after it',
  many_terms: 'use at most {most} terms',
  no_status: 'a status is one of {statuses}',
  no_vm_id: 'a VM id is a whole number',
  no_address_to_find: 'an address, the beginning of one, or a network such as 203.0.113.0/24',
} as const;
