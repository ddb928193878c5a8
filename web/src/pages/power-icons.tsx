import { Offline, Play, Power, Refresh, Reset } from '@blueprintjs/icons';
import type { ReactElement } from 'react';
import type { PowerAction } from '../../../contract/servers.ts';

export const POWER_ICONS: Record<PowerAction, ReactElement> = {
  start: <Play />,
  shutdown: <Power />,
  reboot: <Refresh />,
  stop: <Offline />,
  reset: <Reset />,
};
