import fc from 'fast-check';
import { it } from 'vitest';
import { PARAMETER_RULES, PROXMOX_ERROR_CODES, TEXT_RULES } from './error-rules.ts';
import { classifyAnswer, classifyTaskExit, classifyTransport, type ProxmoxError } from './errors.ts';

const KINDS = ['retry', 'locked', 'exists', 'missing', 'final', 'unknown', 'unreachable', 'auth'];
/** Any text, and pieces of those that rules look for put together anyhow. */
const pieces = [...TEXT_RULES, ...PARAMETER_RULES].flatMap(([{ source }]) => source.split(/[\\|()?:]|(?= )/));
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...pieces, '\n', "'", ':'), { maxLength: 12 }).map((words) => words.join(' ')),
);
const isKnown = ({ kind, code }: ProxmoxError) => KINDS.includes(kind) && PROXMOX_ERROR_CODES.includes(code);

it('an answer has a kind and a code, whatever its status', () => {
  const parameters = fc.option(fc.dictionary(fc.string(), text), { nil: undefined });
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 999 }), text, parameters, (status, reason, errors) =>
      isKnown(classifyAnswer(status, reason, errors)),
    ),
  );
});

it('a server error other than 500 and 501 never says that nothing can be done', () => {
  const status = fc.integer({ min: 502, max: 599 }).filter((it) => it !== 506);
  fc.assert(fc.property(status, text, (it, reason) => classifyAnswer(it, reason).kind !== 'final'));
});

it('a task has ended well, or has a kind and a code', () => {
  fc.assert(
    fc.property(text, fc.array(text), (exit, log) => {
      const outcome = classifyTaskExit(exit, log);
      return outcome.ok ? /^(?:OK$|WARNINGS: \d)/.test(exit) : isKnown(outcome.error);
    }),
  );
});

it('a failure without an answer is unknown once it was sent', () => {
  fc.assert(
    fc.property(fc.anything(), fc.boolean(), (thrown, sent) => {
      const error = classifyTransport(thrown, sent);
      return isKnown(error) && (error.code === 'proxmox_untrusted' || (error.kind === 'unknown') === sent);
    }),
  );
});
