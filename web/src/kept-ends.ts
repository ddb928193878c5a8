/** Operations that were requested together and have not all ended, by their ids. */
export interface KeptEnds {
  ids: string[];
  /** Those of which it was told that they need attention. */
  told: string[];
}

const KEY = 'berth.ends';
const MOST_IDS = 500;

/** Keeps what this tab has still to tell its user for when it is loaded again: the newest, as far as there is room. */
export function keepEnds(userId: string, ends: KeptEnds[]): void {
  let room = MOST_IDS;
  const kept = ends.toReversed().filter(({ ids }) => (room -= ids.length) >= 0);
  try {
    if (kept.length > 0) sessionStorage.setItem(KEY, JSON.stringify({ userId, ends: kept.toReversed() }));
  } catch {
    // They are then not told.
  }
}

/** What was kept for this user, and for nobody any longer: a copy of an open tab has nothing to tell. */
export function takeKeptEnds(userId: string): KeptEnds[] {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Kept | null; // written above
    sessionStorage.removeItem(KEY);
    return kept?.userId === userId ? kept.ends : [];
  } catch {
    return [];
  }
}

interface Kept {
  userId: string;
  ends: KeptEnds[];
}
