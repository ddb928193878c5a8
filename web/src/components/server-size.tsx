import { t } from '@lingui/core/macro';
import { formatDisk, formatMemory } from '../format-size.ts';

/** "2 vCPU · 4 GiB · 40 GiB" in a quiet second line. */
export function ServerSize({ size }: { size: { vcpu: number; memoryMib: number; diskGib: number } }) {
  return (
    <span className="second-line numeric">
      {[t`${size.vcpu} vCPU`, formatMemory(size.memoryMib), formatDisk(size.diskGib)].join(' · ')}
    </span>
  );
}
