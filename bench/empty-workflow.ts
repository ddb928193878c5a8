import { proxyActivities } from '@temporalio/workflow';

/** Calls an activity that does nothing on each of the queues, one after the other. */
export async function emptyWorkflow(queues: string[]): Promise<void> {
  for (const taskQueue of queues) {
    const { doNothing } = proxyActivities<{ doNothing(): Promise<void> }>({
      taskQueue,
      startToCloseTimeout: '1 minute',
    });
    await doNothing();
  }
}
