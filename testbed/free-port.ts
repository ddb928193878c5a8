import { randomInt } from 'node:crypto';
import getPort, { portNumbers } from 'get-port';

const TRIED = 100;

/**
 * Some ports in a row, from anywhere below those that a system gives to whoever connects or asks for any (on Linux from
 * 32768): what is free among them stays so until it is listened on.
 */
export function quietPorts(): number[] {
  const first = randomInt(15_000, 32_768 - TRIED);
  return [...portNumbers(first, first + TRIED - 1)];
}

/** A free port of 127.0.0.1. */
export const freePort = async (): Promise<number> => getPort({ host: '127.0.0.1', port: quietPorts() });
