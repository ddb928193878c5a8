/** A picture of 8 bits per colour, three bytes a pixel, row by row. */
export interface Picture {
  width: number;
  height: number;
  pixels: Buffer;
}

type Colour = readonly [red: number, green: number, blue: number];

const [WIDTH, HEIGHT] = [320, 200];
const COLOURS = {
  booting: [0x20, 0x40, 0xa0],
  running: [0x20, 0x80, 0x40],
  paused: [0x80, 0x80, 0x20],
  'no system': [0x80, 0x20, 0x20],
} as const satisfies Record<string, Colour>;
const INK: Colour = [0xff, 0xff, 0xff];
/** Which of the strokes top, upper left, upper right, middle, lower left, lower right, bottom a digit has. */
const STROKES = [
  '1110111',
  '0010010',
  '1011101',
  '1011011',
  '0111010',
  '1101011',
  '1101111',
  '1010010',
  '1111111',
  '1111011',
];
const DIGIT = { width: 20, height: 40, thickness: 4, distance: 28 };

/** What a console shows of a VM. */
export type ScreenState = keyof typeof COLOURS;

/** The VM's id in large digits, on a ground whose colour tells what the VM does. */
export function drawScreen(vmid: number, state: ScreenState): Picture {
  const picture = { width: WIDTH, height: HEIGHT, pixels: Buffer.alloc(WIDTH * HEIGHT * 3) };
  fill(picture, { x: 0, y: 0, width: WIDTH, height: HEIGHT }, COLOURS[state]);
  for (const [index, digit] of String(vmid).split('').entries()) {
    drawDigit(picture, 20 + index * DIGIT.distance, 80, Number(digit));
  }
  return picture;
}

function drawDigit(picture: Picture, x: number, y: number, digit: number): void {
  const { width, height, thickness } = DIGIT;
  const half = height / 2;
  const across = (top: number) => ({ x, y: y + top, width, height: thickness });
  const down = (left: number, top: number) => ({ x: x + left, y: y + top, width: thickness, height: half });
  const right = width - thickness;
  const strokes = [
    across(0),
    down(0, 0),
    down(right, 0),
    across(half),
    down(0, half),
    down(right, half),
    across(height),
  ];
  for (const [index, stroke] of strokes.entries()) {
    if (STROKES[digit]?.[index] === '1') fill(picture, stroke, INK);
  }
}

interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

function fill({ width, pixels }: Picture, area: Area, colour: Colour): void {
  const row = Buffer.alloc(area.width * 3, Buffer.from(colour));
  for (let y = area.y; y < area.y + area.height; y += 1) row.copy(pixels, (y * width + area.x) * 3);
}
