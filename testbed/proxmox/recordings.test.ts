import { expect, test } from 'vitest';

import { acceptedIn } from './accepted-differences.ts';
import { readRecordings, replay } from './replay.ts';

// A busy machine may miss a moment of those that keep time.
test.each(readRecordings())(
  'the simulator answers $file as well as it did',
  { retry: 2 },
  async (recording) => {
    const outcomes = await replay(recording);
    const differing = outcomes.filter(({ difference }) => difference !== undefined);
    const accepted = acceptedIn(recording.file);
    const isWorse = outcomes.length - differing.length < recording.equal;
    const listed = differing
      .filter(({ n }) => isWorse && !accepted.has(n))
      .map(({ n, call, difference }) => `${n} ${call}: ${difference}`);
    expect({ isWorse, listed }).toEqual({ isWorse: false, listed: [] });
  },
);
