import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLog } from './log.ts';

let lines: string[];
beforeEach(() => {
  lines = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    lines.push(String(chunk));
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const logged = (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line));

it('keeps the code and every cause of an error', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const failed = Object.assign(new TypeError('no answer', { cause: refused }), { code: 'no_answer' });
  const log = createLog('api', 'info');
  log.error({ err: new Error('clone failed', { cause: failed }), serverId: 's-1' }, 'it failed');
  expect(logged()).toMatchObject([
    {
      name: 'api',
      level: 50,
      msg: 'it failed',
      serverId: 's-1',
      err: {
        name: 'Error',
        message: 'clone failed',
        stack: expect.stringContaining('log.test.ts'),
        cause: {
          name: 'TypeError',
          message: 'no answer',
          code: 'no_answer',
          cause: { name: 'Error', message: 'connect ECONNREFUSED', code: 'ECONNREFUSED' },
        },
      },
    },
  ]);
});

it('writes nothing of an error but name, message, stack, code and cause', () => {
  const err = Object.assign(new Error('refused'), { code: 'x', config: { password: 'hunter2' } });
  createLog('api', 'info').warn({ err }, 'refused');
  expect(Object.keys(logged()[0]?.['err'] as object).toSorted()).toEqual([
    'code',
    'message',
    'name',
    'stack',
  ]);
});

it('takes what was thrown though it is no error', () => {
  const log = createLog('api', 'info');
  log.error({ err: 'a string' }, 'thrown');
  log.error({ err: new Error('wrapped', { cause: { reason: 7 } }) }, 'thrown');
  log.error({ err: undefined }, 'nothing');
  expect(logged()).toMatchObject([
    { err: 'a string' },
    { err: { cause: { reason: 7 } } },
    { msg: 'nothing' },
  ]);
});

it('is quiet below its level, and passes its serializer on to children', () => {
  const log = createLog('worker', 'warn');
  log.info('not shown');
  log.child({ operationId: 'o-1' }).warn({ err: new Error('x', { cause: new Error('y') }) }, 'shown');
  expect(logged()).toMatchObject([
    { name: 'worker', operationId: 'o-1', msg: 'shown', err: { cause: { message: 'y' } } },
  ]);
});
