import type { Said } from '../contract/said.ts';
import { say } from '../contract/sayings.ts';
import type { PowerState } from '../db/models/server.ts';

const POWER = { running: 'power_running', stopped: 'power_stopped', unknown: 'power_unknown' } as const;

/** A power state as part of a text. */
export const powerSaid = (power: PowerState): Said => say(POWER[power]);
