import type { Said } from './said.ts';
import { say } from './sayings.ts';

/** What a node lacks for a server on it to change its size. */
export interface Lack {
  what: 'processors' | 'memory' | 'disk';
  wanted: number;
  free: number;
}

export const sayLack = ({ what, wanted, free }: Lack): Said =>
  what === 'processors'
    ? say('lacks_processors', { wanted, cores: free })
    : say(what === 'memory' ? 'lacks_memory' : 'lacks_disk', { wanted, free });
