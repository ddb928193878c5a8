import { setTimeout as sleep } from 'node:timers/promises';

/** How soon one reading may follow another, in milliseconds: the first is not kept waiting, a crowd is. */
const APART_MS = 100;

/**
 * Answers many questions by few readings, which `readAll` does for all it is given, in their order. A question is only
 * ever answered by a reading that begins after it was asked. A reading that fails fails all of its questions.
 */
export function readTogether<Question, Answer>(
  readAll: (questions: Question[]) => Promise<Answer[]>,
): (question: Question) => Promise<Answer> {
  let next: { questions: Question[]; answers: Promise<Answer[]> } | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  const gather = () => {
    const questions: Question[] = [];
    const begun = turn.then(() => {
      next = null;
      return sleep(APART_MS);
    });
    const answers = turn.then(async () => readAll(questions));
    turn = Promise.allSettled([begun, answers]);
    return { questions, answers };
  };
  return async (question) => {
    next ??= gather();
    const { questions, answers } = next;
    const index = questions.push(question) - 1;
    return (await answers)[index] as Answer; // one for each
  };
}
