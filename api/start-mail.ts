import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Context } from 'koa';
import { mailWorkflowId, taskQueues, type MailInput } from '../contract/temporal.ts';
import { queryRows } from '../db/query-rows.ts';
import type { Deps } from './deps.ts';
import { logOf } from './middleware/request-id.ts';
import type { RequestedMail } from './request-mail.ts';
import { withinDeadline } from './start-operation.ts';
import type { SweepMemory } from './sweep-pending.ts';

type StartDeps = Pick<Deps, 'temporal' | 'queuePrefix'>;

const BATCH = 100;
const AGAIN_MS = 60_000;

/** Starts the workflow that sends a mail; starting it again changes nothing. Rejects when Temporal cannot be reached. */
async function startMail({ temporal, queuePrefix }: StartDeps, mail: RequestedMail): Promise<void> {
  const input: MailInput = { mail: mail.kind, mailId: mail.id };
  await withinDeadline(temporal, async () => {
    try {
      await temporal.workflow.start('sendMail', {
        workflowId: mailWorkflowId(mail.id),
        taskQueue: taskQueues(queuePrefix).servers,
        args: [input],
        workflowIdConflictPolicy: 'FAIL',
        // One that was ended by hand stays ended.
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        staticSummary: `${mail.kind} mail, ${mail.kind === 'invitation' ? 'invitation' : 'user'} ${mail.aboutId}`,
      });
    } catch (err) {
      if (!(err instanceof WorkflowExecutionAlreadyStartedError)) throw err;
    }
  });
}

/** The fast path after the commit; never rejects. What could not be started is left to the sweeper. */
export async function startMailNow(deps: StartDeps, ctx: Context, mail: RequestedMail): Promise<void> {
  const { id: mailId, kind } = mail;
  try {
    await startMail(deps, mail);
    logOf(ctx).info({ mailId, kind }, 'mail requested');
  } catch (err) {
    logOf(ctx).warn({ err, mailId, kind }, 'mail not started yet: left to the sweeper');
  }
}

/** Starts mails that nobody has started, also those that Temporal has lost, for as long as their links are good. */
export async function sweepMails(
  deps: StartDeps & Pick<Deps, 'database'>,
  { notBefore }: SweepMemory,
  olderThanMs: number,
): Promise<void> {
  for (const [id, time] of notBefore) if (time <= performance.now()) notBefore.delete(id);
  const mails = await queryRows<RequestedMail>(
    deps.database,
    `select id, case when user_id is null then 'invitation' else 'password-reset' end as kind,
       coalesce(user_id, invitation_id) as "aboutId"
     from mails where settled_at is null and expires_at > now()
       and created_at <= now() - ? * interval '1 millisecond' and not id = any(?::uuid[])
     order by created_at limit ${BATCH}`,
    [olderThanMs, [...notBefore.keys()]],
  );
  for (const mail of mails) {
    await startMail(deps, mail);
    notBefore.set(mail.id, performance.now() + AGAIN_MS);
  }
}
