import type { Knex } from 'knex';
import type { AdminSettings, Setting } from '../contract/admin.ts';
import { Settings } from '../db/models/settings.ts';
import type { Deps } from './deps.ts';

type Hours = Pick<AdminSettings, 'deleteGraceHours' | 'quarantineHours'>;
export type SettingsDeps = Pick<Deps, keyof Hours>;

const DEFAULTS: Record<keyof Hours, number> = { deleteGraceHours: 0, quarantineHours: 72 };

/** What holds now and who says so: an operator in the database, else the environment, else Berth. */
export async function readSettings(database: Knex, deps: SettingsDeps): Promise<Hours> {
  const kept = await Settings.query(database).first().throwIfNotFound();
  const effective = (name: keyof Hours): Setting => {
    const otherwise = deps[name] ?? DEFAULTS[name];
    const otherSource = deps[name] === undefined ? 'default' : 'environment';
    const value = kept[name];
    return value === null
      ? { value: otherwise, source: otherSource, otherwise, otherSource }
      : { value, source: 'database', otherwise, otherSource };
  };
  return { deleteGraceHours: effective('deleteGraceHours'), quarantineHours: effective('quarantineHours') };
}
