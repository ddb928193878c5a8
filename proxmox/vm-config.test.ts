import { describe, expect, it } from 'vitest';
import {
  encodeSshKeys,
  formatIpconfig,
  formatNet0,
  parseDisk,
  parseNet0,
  parseSize,
  parseSmbiosUuid,
} from './vm-config.ts';

describe('encodeSshKeys', () => {
  it('percent-encodes blanks, newlines and everything base64 can hold', () => {
    expect(encodeSshKeys([' ssh-ed25519 AA+/= me@here \n', '', 'ssh-rsa BB x'])).toBe(
      'ssh-ed25519%20AA%2B%2F%3D%20me%40here%0Assh-rsa%20BB%20x',
    );
  });

  it('leaves only characters that Proxmox accepts', () => {
    expect(encodeSshKeys(['ssh-ed25519 AAAA "ü" (it\'s) <me>'])).toMatch(/^[-%a-zA-Z0-9_.!~*'()]+$/);
  });
});

describe('parseNet0 and formatNet0', () => {
  const stored = 'virtio=BC:24:11:0A:A5:1B,bridge=vmbr0,firewall=1,link_down=0,rate=12.5,tag=100,queues=4';

  it('reads what Proxmox stores', () => {
    expect(parseNet0(stored)).toEqual({
      model: 'virtio',
      mac: 'BC:24:11:0A:A5:1B',
      bridge: 'vmbr0',
      firewall: true,
      linkDown: false,
      rateMBps: 12.5,
      tag: 100,
      options: { queues: '4' },
    });
  });

  it('reads the other spellings', () => {
    expect(parseNet0('virtio,bridge=vmbr0')).toEqual({ model: 'virtio', bridge: 'vmbr0' });
    expect(parseNet0('bridge=vmbr1,model=e1000,macaddr=bc:24:11:00:00:01')).toEqual({
      model: 'e1000',
      mac: 'BC:24:11:00:00:01',
      bridge: 'vmbr1',
    });
    expect(() => parseNet0('bridge=vmbr0')).toThrow(TypeError);
  });

  it('writes back what it read', () => {
    expect(formatNet0(parseNet0(stored))).toBe(stored);
    expect(formatNet0({ model: 'virtio', bridge: 'vmbr0' })).toBe('virtio,bridge=vmbr0');
  });
});

describe('formatIpconfig', () => {
  it('writes both families', () => {
    expect(formatIpconfig({ ip: '10.0.0.5/24', gateway: '10.0.0.1', ip6: 'auto' })).toBe(
      'ip=10.0.0.5/24,gw=10.0.0.1,ip6=auto',
    );
    expect(formatIpconfig({ ip: 'dhcp', ip6: '2001:db8::5/64', gateway6: '2001:db8::1' })).toBe(
      'ip=dhcp,ip6=2001:db8::5/64,gw6=2001:db8::1',
    );
  });

  it('refuses a gateway without an address, as Proxmox does', () => {
    expect(() => formatIpconfig({ ip: 'dhcp', gateway: '10.0.0.1' })).toThrow(TypeError);
    expect(() => formatIpconfig({ gateway6: '2001:db8::1' })).toThrow(TypeError);
  });
});

describe('parseDisk and parseSize', () => {
  it('reads a disk, a cloud-init drive and an empty drive', () => {
    expect(parseDisk('local-lvm:vm-100-disk-0,iothread=1,size=32G')).toEqual({
      volume: 'local-lvm:vm-100-disk-0',
      storage: 'local-lvm',
      sizeBytes: 32 * 1024 ** 3,
      isCdrom: false,
      options: { iothread: '1', size: '32G' },
    });
    expect(parseDisk('dir1:202/vm-202-cloudinit.qcow2,media=cdrom,size=4M')).toMatchObject({
      storage: 'dir1',
      isCdrom: true,
    });
    expect(parseDisk('none,media=cdrom')).toMatchObject({ storage: null, sizeBytes: null, isCdrom: true });
    expect(parseDisk('file=local:100/vm-100-disk-0.qcow2')).toMatchObject({ storage: 'local' });
  });

  it.each([
    ['32G', 34_359_738_368],
    ['10240M', 10_737_418_240],
    ['528K', 540_672],
    ['1.5T', 1_649_267_441_664],
    ['1024', 1024],
  ])('reads the size %s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it('refuses what is no size', () => {
    expect(() => parseSize('+5G')).toThrow(TypeError);
    expect(() => parseSize('')).toThrow(TypeError);
  });
});

describe('parseSmbiosUuid', () => {
  it('finds the uuid wherever it stands', () => {
    expect(parseSmbiosUuid('manufacturer=x,uuid=5AC4B0B4-43D9-435E-BA26-C1B2375686B0')).toBe(
      '5ac4b0b4-43d9-435e-ba26-c1b2375686b0',
    );
    expect(parseSmbiosUuid(undefined)).toBeNull();
  });
});
