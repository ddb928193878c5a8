import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useStore } from '../hooks/use-store.ts';
import { type LiveState, liveStore } from '../live.ts';

const WORDS: Record<LiveState, { label: string; explanation: string }> = {
  connecting: {
    get label() {
      return t`Connecting`;
    },
    get explanation() {
      return t`Opening the live connection`;
    },
  },
  live: {
    get label() {
      return t`Live`;
    },
    get explanation() {
      return t`Changes appear here as they happen`;
    },
  },
  polling: {
    get label() {
      return t`Polling`;
    },
    get explanation() {
      return t`The live connection is lost; asking every few seconds instead`;
    },
  },
  offline: {
    get label() {
      return t`Offline`;
    },
    get explanation() {
      return t`Berth does not answer; what is shown may be out of date`;
    },
  },
};

/** How current the page is. */
export function ConnectionState() {
  const state = useStore(liveStore);
  return (
    <span className={`connection connection-${state}`} title={WORDS[state].explanation} role="status">
      <span className="connection-mark" aria-hidden="true" />
      <span className="connection-word">{WORDS[state].label}</span>
    </span>
  );
}

/** Shown across the page while nothing answers. */
export function OfflineBanner() {
  const state = useStore(liveStore);
  if (state !== 'offline') return null;
  return (
    <div className="offline-banner" role="alert">
      <Trans>Berth does not answer. What you see may be out of date; your servers are not affected.</Trans>
    </div>
  );
}
