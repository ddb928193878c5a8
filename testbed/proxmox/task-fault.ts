import type { TaskFaultRecord } from './cluster-state.ts';
import { taskFailure } from './quorum.ts';
import type { Call } from './route.ts';

/** What happens to the task that a call starts; uses up the rule that says so. */
export function taskFaultOf(call: Call): TaskFaultRecord | null {
  const message = taskFailure(call);
  if (message !== undefined) return { kind: 'fail', message, atPercent: 0, ms: 0 };
  const rule = call.cluster.faults.take(['failTask', 'staleLock', 'slowTask'], call.asked)?.rule;
  if (!rule) return null;
  switch (rule.action) {
    case 'failTask':
      return { kind: 'fail', message: rule.message, atPercent: rule.atPercent ?? 0, ms: 0 };
    case 'staleLock':
      return { kind: 'kill', message: '', atPercent: rule.atPercent ?? 0, ms: 0 };
    case 'slowTask':
      return { kind: 'slow', message: '', atPercent: 100, ms: rule.ms };
  }
}
