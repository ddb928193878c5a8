import type { Vm, VmConfig } from './cluster-state.ts';
import { diskKeys, isCdrom, parseDrive, renderSection } from './vm-config.ts';

/** What vzdump keeps of a VM beside its disks: neither snapshots nor pending changes nor its lock. */
export function keptConfig(vm: Vm): VmConfig {
  const { lock: _lock, parent: _parent, snapstate: _state, vmstate: _ram, ...config } = vm.config;
  return config;
}

/** The disks that a backup holds. */
export function backedUpDisks(config: VmConfig): string[] {
  return diskKeys(config).filter((key) => {
    const drive = parseDrive(String(config[key]));
    return !isCdrom(drive) && drive.options.backup !== '0';
  });
}

/** The configuration as it stands in an archive, with a line for each disk that it holds. */
export function printKeptConfig(config: VmConfig, formatOf: (key: string) => string): string {
  const { description } = config;
  const notes =
    description === undefined
      ? ''
      : String(description)
          .split('\n')
          .map((line) => `#${encodeURI(line)}\n`)
          .join('');
  const map = backedUpDisks(config).map((key) => {
    const [storage = ''] = parseDrive(String(config[key])).file.split(':');
    return `#qmdump#map:${key}:drive-${key}:${storage}:${formatOf(key)}:\n`;
  });
  return notes + renderSection(config) + map.join('');
}
