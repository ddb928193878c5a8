import { createRemembered } from './remembered.ts';

/** The id of the account that is looked at and ordered for; null for all of them. */
export const accountChoice = createRemembered<string | null>('berth-account', null, (value) =>
  typeof value === 'string' ? value : null,
);
