/**
 * Preloaded into a process (`node --import`), makes its wall clock wrong by BERTH_TEST_CLOCK_MS. SIGUSR2 makes it jump, to as far
 * on the other side of the truth. Monotonic clocks and timers are left alone, as by a real jump.
 */
const RightDate = Date;
let wrongByMs = Number(process.env['BERTH_TEST_CLOCK_MS'] ?? 0);
process.on('SIGUSR2', () => (wrongByMs = -wrongByMs));

class WrongDate extends RightDate {
  constructor(...given: [] | [number | string | Date]) {
    super(given.length === 0 ? WrongDate.now() : given[0]);
  }
  static override now(): number {
    return RightDate.now() + wrongByMs;
  }
}
globalThis.Date = WrongDate as DateConstructor;
