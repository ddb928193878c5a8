import { sizeText } from '../server-words.ts';

/** "2 vCPU · 4 GiB · 40 GiB" in a quiet second line. */
export function ServerSize({ size }: { size: Parameters<typeof sizeText>[0] }) {
  return <span className="second-line numeric">{sizeText(size)}</span>;
}
