import getPort from 'get-port';
import { quietPorts } from './free-port.ts';

export interface PortWish {
  name: string;
  /** The environment variable that fixes the port. */
  setting: string;
  usual: number;
}

export interface PortOptions {
  env: NodeJS.ProcessEnv;
  /** Ports of the run before, by name: used again when still free. */
  former: Record<string, number>;
  onProgress: (message: string) => void;
}

/**
 * A port for each wish: the one its setting names (an error when that is taken), else the one of the run before, else
 * the usual one, else any free one.
 */
export async function choosePorts(wishes: PortWish[], options: PortOptions): Promise<Record<string, number>> {
  const chosen: Record<string, number> = {};
  for (const wish of wishes) chosen[wish.name] = await choosePort(wish, options, Object.values(chosen));
  return chosen;
}

async function choosePort(wish: PortWish, options: PortOptions, exclude: number[]): Promise<number> {
  const text = options.env[wish.setting];
  if (text) {
    const port = Number(text);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new Error(`${wish.setting} is not a port: ${text}`);
    if (port === 0) return getPort({ port: quietPorts(), exclude });
    if (exclude.includes(port))
      throw new Error(`${wish.setting}=${port}: another setting names the same port`);
    if ((await getPort({ port, exclude })) !== port) {
      throw new Error(`${wish.setting}=${port}: the port is taken by another program; name a free one`);
    }
    return port;
  }
  const former = options.former[wish.name];
  const port = await getPort({ port: [...(former ? [former] : []), wish.usual, ...quietPorts()], exclude });
  if (port !== wish.usual && port !== former) {
    options.onProgress(`port ${wish.usual} is taken: ${wish.name} uses ${port} (${wish.setting} fixes it)`);
  }
  return port;
}
