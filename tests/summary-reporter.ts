import type { SerializedError } from 'vitest';
import type { Reporter, TestModule } from 'vitest/node';

/** Ends the run's output with `N passed, N failed, N skipped` alone on the last line. */
// oxlint-disable-next-line import/no-default-export -- Vitest loads a reporter by its default export
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    let line: string;
    try {
      line = summarize(modules, unhandledErrors.length);
    } catch (err) {
      line = `0 passed, 1 failed, 0 skipped`;
      console.error(err);
    }
    // Other reporters print at the end of the run too; this comes after all of them.
    process.once('exit', () => process.stdout.write(`${line}\n`));
  }
}

/** Counts tests; a file or suite that failed outside its tests, and an error nobody caught, count as one failure each. */
function summarize(modules: readonly TestModule[], unhandledErrors: number): string {
  const counts = { passed: 0, failed: unhandledErrors, skipped: 0 };
  for (const module of modules) {
    counts.failed += module.errors().length > 0 ? 1 : 0;
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length > 0 ? 1 : 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') counts.passed += 1;
      else if (state === 'failed') counts.failed += 1;
      else counts.skipped += 1;
    }
  }
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}
