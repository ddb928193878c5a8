import { expect, test } from 'vitest';

import { normalizeNet, parseDrive, parseSize, printDrive, printSize } from './vm-config.ts';

test.each([
  [32 * 1024 ** 3, '32G'],
  [10_240 * 1024 ** 2, '10G'],
  [1900 * 1024 ** 2, '1900M'],
  [4 * 1024 ** 2, '4M'],
  [1024 ** 4, '1T'],
  [0, '0T'],
  [1000, '1000'],
])('prints %d bytes as %s and reads it back', (bytes, text) => {
  expect(printSize(bytes)).toBe(text);
  expect(parseSize(text)).toBe(bytes);
});

test('prints a drive with its volume first and its options sorted', () => {
  const drive = parseDrive('size=4G,ssd=1,file=local-lvm:vm-100-disk-0,discard=on');
  expect(drive.file).toBe('local-lvm:vm-100-disk-0');
  expect(printDrive(drive)).toBe('local-lvm:vm-100-disk-0,discard=on,size=4G,ssd=1');
});

test('keeps a given MAC unless a fresh one is wanted', () => {
  const net = 'virtio=bc:24:11:00:00:01,firewall=1,bridge=vmbr0';
  expect(normalizeNet(net)).toBe('virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1');
  expect(normalizeNet(net, true)).not.toContain('BC:24:11:00:00:01');
});
