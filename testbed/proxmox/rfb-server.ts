import { createCipheriv, randomBytes } from 'node:crypto';

import type { ByteStream } from './byte-stream.ts';
import type { Picture } from './screen.ts';

/** RFB as QEMU speaks it (RFC 6143): version 3.8, security type VNC authentication, raw rectangles. */

const VERSION = 'RFB 003.008\n';
const VNC_AUTHENTICATION = 2;
const LOOK_MS = 200;

/** What a client sees: its name and, again and again, its picture. */
export interface Screen {
  name: string;
  password: string;
  draw: () => Picture;
  /** False once there is nothing more to show. */
  isOn: () => boolean;
}

interface PixelFormat {
  bytes: number;
  isBigEndian: boolean;
  max: [number, number, number];
  shift: [number, number, number];
}

/** 32 bits, blue lowest, as QEMU has it until the client asks for another. */
const NATIVE: PixelFormat = { bytes: 4, isBigEndian: false, max: [255, 255, 255], shift: [16, 8, 0] };

/**
 * Shows a screen to a client until either is gone. Keys, pointer and clipboard are taken and forgotten.
 * False when the client did not know the password.
 */
export async function serveRfb(stream: ByteStream, screen: Screen): Promise<boolean> {
  stream.write(VERSION);
  const minor = Number(/^RFB 003\.(\d{3})\n$/.exec((await stream.read(12)).toString('latin1'))?.[1]);
  if (!(await authenticate(stream, screen.password, minor))) return false;
  await stream.read(1);
  const { width, height } = screen.draw();
  stream.write(serverInit(width, height, screen.name));
  await serveMessages(stream, screen);
  return true;
}

function numbers(...values: [size: 1 | 2 | 4, value: number][]): Buffer {
  return Buffer.concat(
    values.map(([size, value]) => {
      const bytes = Buffer.alloc(size);
      bytes.writeUIntBE(value, 0, size);
      return bytes;
    }),
  );
}

async function authenticate(stream: ByteStream, password: string, minor: number): Promise<boolean> {
  if (minor >= 7) {
    stream.write(numbers([1, 1], [1, VNC_AUTHENTICATION]));
    await stream.read(1);
  } else stream.write(numbers([4, VNC_AUTHENTICATION]));
  const challenge = randomBytes(16);
  stream.write(challenge);
  const isGood = (await stream.read(16)).equals(vncResponse(challenge, password));
  stream.write(numbers([4, isGood ? 0 : 1]));
  if (!isGood && minor >= 8) {
    const reason = 'Authentication failed';
    stream.write(Buffer.concat([numbers([4, reason.length]), Buffer.from(reason)]));
  }
  return isGood;
}

/** The challenge encrypted by DES with the first eight bytes of the password, each with its bits reversed. */
export function vncResponse(challenge: Buffer, password: string): Buffer {
  const key = Buffer.alloc(8);
  Buffer.from(password, 'latin1').copy(key, 0, 0, 8);
  const reversed = key.map((byte) =>
    Number.parseInt(byte.toString(2).padStart(8, '0').split('').toReversed().join(''), 2),
  );
  // Triple DES with one key three times is DES, which OpenSSL no longer has by itself.
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([reversed, reversed, reversed]), null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(challenge), cipher.final()]);
}

function serverInit(width: number, height: number, name: string): Buffer {
  const { bytes, max, shift } = NATIVE;
  return Buffer.concat([
    numbers([2, width], [2, height]),
    // Bits per pixel, depth, little-endian, true colour, three maxima, three shifts, padding.
    numbers([1, bytes * 8], [1, 24], [1, 0], [1, 1]),
    numbers([2, max[0]], [2, max[1]], [2, max[2]], [1, shift[0]], [1, shift[1]], [1, shift[2]]),
    Buffer.alloc(3),
    numbers([4, Buffer.byteLength(name)]),
    Buffer.from(name),
  ]);
}

function readFormat(bytes: Buffer): PixelFormat {
  return {
    bytes: bytes.readUInt8(0) / 8,
    isBigEndian: bytes.readUInt8(2) !== 0,
    max: [bytes.readUInt16BE(4), bytes.readUInt16BE(6), bytes.readUInt16BE(8)],
    shift: [bytes.readUInt8(10), bytes.readUInt8(11), bytes.readUInt8(12)],
  };
}

/** One update with the whole picture in one raw rectangle. */
function update({ width, height, pixels }: Picture, format: PixelFormat): Buffer {
  const { bytes, isBigEndian, max, shift } = format;
  const raw = Buffer.alloc(width * height * bytes);
  const write = isBigEndian ? raw.writeUIntBE.bind(raw) : raw.writeUIntLE.bind(raw);
  for (let n = 0; n < width * height; n += 1) {
    let value = 0;
    for (const part of [0, 1, 2] as const) {
      value += Math.floor(((pixels[n * 3 + part] ?? 0) * max[part]) / 255) * 2 ** shift[part];
    }
    write(value, n * bytes, bytes);
  }
  // Message, padding, number of rectangles, then where the one is and that it is raw.
  const head = numbers([1, 0], [1, 0], [2, 1], [2, 0], [2, 0], [2, width], [2, height], [4, 0]);
  return Buffer.concat([head, raw]);
}

async function serveMessages(stream: ByteStream, screen: Screen): Promise<void> {
  let format = NATIVE;
  let shown: Picture | undefined;
  /** The client waits for a picture: any, or one that differs from what it has. */
  let wanted: 'any' | 'changed' | undefined;
  const show = (): void => {
    if (!screen.isOn()) return stream.close();
    if (wanted === undefined) return;
    const picture = screen.draw();
    if (wanted === 'changed' && shown?.pixels.equals(picture.pixels)) return;
    [shown, wanted] = [picture, undefined];
    stream.write(update(picture, format));
  };
  const timer = setInterval(show, LOOK_MS);
  try {
    for (;;) {
      const type = (await stream.read(1)).readUInt8();
      switch (type) {
        case 0:
          format = readFormat((await stream.read(19)).subarray(3));
          break;
        case 2:
          await stream.read((await stream.read(3)).readUInt16BE(1) * 4);
          break;
        case 3:
          wanted = (await stream.read(9)).readUInt8() === 0 ? 'any' : 'changed';
          show();
          break;
        case 4:
          await stream.read(7);
          break;
        case 5:
          await stream.read(5);
          break;
        case 6:
          await stream.read((await stream.read(7)).readUInt32BE(3));
          break;
        default:
          stream.close();
          return;
      }
    }
  } finally {
    clearInterval(timer);
  }
}
