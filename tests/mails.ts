import { attempt } from './activity.ts';
import type { TestApi } from './api.ts';
import { createDeliverMail } from '../activities/deliver-mail.ts';
import type { Mail } from '../activities/mailer.ts';
import type { MailInput } from '../contract/temporal.ts';

/** The mails whose workflows were started since the last call, as the activity sends them. */
export async function newMails({ temporal, database, secretBox }: TestApi): Promise<Mail[]> {
  const sent: Mail[] = [];
  const deliverMail = createDeliverMail({
    database,
    secretBox,
    sendMail: async (mail) => void sent.push(mail),
  });
  for (const { name, options } of temporal.started.splice(0)) {
    const [input] = options['args'] as [MailInput];
    if (name === 'sendMail') await attempt(deliverMail, input);
  }
  return sent;
}

/** What follows the # of the link in a mail. */
export const tokenIn = (text = ''): string => /#(\S+)/.exec(text)?.[1] ?? '';
