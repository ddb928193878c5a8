import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Database } from './connect.ts';
import { Account } from './models/account.ts';
import { Membership } from './models/membership.ts';
import { User } from './models/user.ts';
import { hashPassword } from './passwords.ts';

export interface NewUser {
  email: string;
  name?: string;
  role: 'customer' | 'admin';
  password?: string;
  maxServers?: number;
}

/** Adds a user, and for a customer an account of their own; returns the password, generated when none was given. */
export async function createUser(
  database: Database,
  input: NewUser,
): Promise<{ user: User; password: string }> {
  const { success, data: email } = z.email().safeParse(input.email.trim());
  if (!success) throw new Error(`${input.email} is not an e-mail address`);
  const password = input.password ?? randomBytes(12).toString('base64url');
  if (password === '') throw new Error('The password must not be empty');
  const { name = '', role, maxServers = 10 } = input;
  const passwordHash = await hashPassword(password);
  return database.transaction(async (trx) => {
    if (await User.query(trx).findOne(trx.raw('lower(email) = lower(?)', [email]))) {
      throw new Error(`There is already a user with the e-mail address ${email}.`);
    }
    const user = await User.query(trx).insertAndFetch({ email, name, role, passwordHash });
    if (role === 'customer') {
      const account = await Account.query(trx).insertAndFetch({ name: name || email, maxServers });
      await Membership.query(trx).insert({ accountId: account.id, userId: user.id, role: 'owner' });
    }
    return { user, password };
  });
}
