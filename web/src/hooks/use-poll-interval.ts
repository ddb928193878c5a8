import { liveStore } from '../live.ts';
import { useStore } from './use-store.ts';

const BUSY_MS = 2_000;
const CALM_MS = 10_000;

/** How often to read while events do not arrive, by whether something is under way; false while they do. */
export function usePollInterval(): (isBusy: boolean) => number | false {
  const live = useStore(liveStore);
  return (isBusy) => {
    if (live === 'live' || live === 'connecting') return false;
    return isBusy ? BUSY_MS : CALM_MS;
  };
}
