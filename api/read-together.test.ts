import { describe, expect, it } from 'vitest';
import { until } from '../tests/until.ts';
import { readTogether } from './read-together.ts';

/** Readings that end when the test says so, each with the questions it was given. */
function controlledReading() {
  const readings: { questions: number[]; end: () => void; fail: (err: Error) => void }[] = [];
  const ask = readTogether(async (questions: number[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<number[]>();
    readings.push({ questions, end: () => resolve(questions.map((one) => one * 10)), fail: reject });
    return promise;
  });
  const begun = async (count: number) => until(() => readings.length === count);
  return { ask, readings, begun };
}

describe('reading together', () => {
  it('answers all who ask at the same moment by one reading', async () => {
    const { ask, readings, begun } = controlledReading();
    const answers = Promise.all([ask(1), ask(2), ask(3)]);
    await begun(1);
    readings[0]?.end();
    expect(await answers).toEqual([10, 20, 30]);
  });

  it('answers those who ask while it reads by the next reading, as this one may be too old for them', async () => {
    const { ask, readings, begun } = controlledReading();
    const first = ask(1);
    await begun(1);
    const later = Promise.all([ask(2), ask(3)]);
    readings[0]?.end();
    expect(await first).toBe(10);
    await begun(2);
    expect(readings[1]?.questions).toEqual([2, 3]);
    readings[1]?.end();
    expect(await later).toEqual([20, 30]);
  });

  it('lets a reading that fails fail its own questions only', async () => {
    const { ask, readings, begun } = controlledReading();
    const first = ask(1);
    await begun(1);
    const second = ask(2);
    readings[0]?.fail(new Error('no connection'));
    await expect(first).rejects.toThrow('no connection');
    await begun(2);
    readings[1]?.end();
    expect(await second).toBe(20);
  });
});
