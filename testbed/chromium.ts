import { access, constants } from 'node:fs/promises';
import { aptInstall } from './apt-install.ts';
import { findOnPath } from './find-on-path.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * The path of a Chromium for browser tests: CHROMIUM_PATH, else one on PATH, else (root on Debian and its kin) the
 * system's package, which is installed.
 */
export async function findChromium(onProgress: (message: string) => void = () => undefined): Promise<string> {
  const named = process.env['CHROMIUM_PATH'];
  if (named) {
    await access(named, constants.X_OK).catch((err: unknown) => {
      throw new Error(`CHROMIUM_PATH=${named} is not a program that can be run`, { cause: err });
    });
    return named;
  }
  return (await findOnPath(...NAMES)) ?? (await installChromium(onProgress));
}

async function installChromium(onProgress: (message: string) => void): Promise<string> {
  const aptGet = await findOnPath('apt-get');
  const remedy = 'install Chromium, or set CHROMIUM_PATH to the program';
  if (process.getuid?.() !== 0 || !aptGet) throw new Error(`The browser tests need Chromium: ${remedy}`);
  onProgress('installing Chromium with apt-get for the browser tests');
  try {
    await aptInstall(aptGet, 'chromium');
  } catch (err) {
    throw new Error(`apt-get could not install Chromium: ${remedy}`, { cause: err });
  }
  const path = await findOnPath(...NAMES);
  if (!path) throw new Error(`apt-get installed no Chromium: ${remedy}`);
  return path;
}
