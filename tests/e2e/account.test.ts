import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeAt } from '../totp-code.ts';
import { startBerth, type Run, type RunningBerth } from './berth.ts';
import { expectSound, launchBrowser, screenshotPath } from './browser.ts';

const WAIT = { timeout: 30_000 };

describe('a customer looking after their account', () => {
  let berth: RunningBerth;
  let run: Run;
  let browser: Browser;
  let page: Page;
  let secret = '';
  let recoveryCodes: string[] = [];

  beforeAll(async () => {
    [berth, browser] = await Promise.all([startBerth({ speed: '0.3' }), launchBrowser()]);
    run = await berth.run();
    page = await open();
  });
  afterAll(async () => {
    await browser.close();
    await berth.stop();
  });

  /** A browser of its own, as far as Berth can tell. */
  const open = async (): Promise<Page> => {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
    });
    return context.newPage();
  };
  const button = (name: string, on = page) => on.getByRole('button', { name, exact: true });
  const logIn = async (on: Page, { email, password } = run.customer) => {
    await on.goto(run.dashboardUrl);
    await on.getByLabel('E-mail').fill(email);
    await on.getByLabel('Password').fill(password);
    await button('Log in', on).click();
  };
  const sendCode = async (on: Page, label: string, code: string) => {
    await on.getByLabel(label).fill(code);
    await button('Log in', on).click();
  };
  const goTo = async (title: string) => {
    await page.getByRole('button', { name: /Account menu/ }).click();
    const item = page.getByRole('menuitem', { name: title });
    await item.click();
    await item.waitFor({ state: 'detached', ...WAIT });
    await page.getByRole('heading', { name: title, level: 1 }).waitFor(WAIT);
  };

  /** The links in the mails that were written, in their order. */
  const mailedLinks = async (): Promise<string[]> => {
    const outbox = join(berth.dataDir, 'outbox');
    const names = (await readdir(outbox).catch(() => [])).toSorted((a, b) => (a < b ? -1 : 1));
    const texts = await Promise.all(names.map(async (name) => readFile(join(outbox, name), 'utf8')));
    return texts.map((text) => /https?:\S+/.exec(text.replaceAll(/=\r\n/g, ''))?.[0] ?? '');
  };

  it('finds its pages in the menu', async () => {
    await logIn(page);
    await goTo('Profile');
    await expectSound(page, 'profile');
    await goTo('Security');
    await page.getByText('Chrome on Linux').waitFor(WAIT);
    await expectSound(page, 'security');
  });

  it('turns on two-factor authentication with an app', async () => {
    await button('Set up').click();
    await page.getByLabel('Your password').fill(run.customer.password);
    await button('Continue').click();
    await page.getByRole('img', { name: 'QR code for your app' }).waitFor(WAIT);
    await expectSound(page, 'two-factor-app');
    secret = ((await page.locator('.shown-once code').textContent()) ?? '').replaceAll(' ', '');
    // The one before the present code is good as well, and leaves that to log in with.
    await page.getByLabel('Code your app shows now').fill(codeAt(secret, Date.now() - 30_000));
    await button('Turn on').click();
    await page.getByRole('list', { name: 'Recovery codes' }).waitFor(WAIT);
    await expectSound(page, 'two-factor-codes');
    recoveryCodes = await page.locator('.recovery-codes code').allTextContents();
    await page.getByText('I have kept them in a safe place').click();
    await button('Done').click();
    await page.getByText('10 of 10 recovery codes left').waitFor(WAIT);
  });

  it('is asked for a code at the next login, and a code is good once', async () => {
    const other = await open();
    await logIn(other);
    await other.getByLabel('Code of your app').waitFor(WAIT);
    await expectSound(other, 'second-step');
    const code = codeAt(secret, Date.now());
    await sendCode(other, 'Code of your app', code);
    await other.getByRole('button', { name: /Account menu/ }).waitFor(WAIT);
    await other.context().close();

    const thief = await open();
    await logIn(thief);
    await sendCode(thief, 'Code of your app', code);
    await thief.getByText('This code is wrong, or has been used.').waitFor(WAIT);
    await button('Use a recovery code', thief).click();
    await sendCode(thief, 'Recovery code', recoveryCodes[0] ?? '');
    await thief.getByRole('button', { name: /Account menu/ }).waitFor(WAIT);
  });

  it('sees the other sessions and throws them out', async () => {
    await page.reload();
    await button('End all others').click();
    const sessions = page.getByRole('list', { name: 'Sessions' }).getByRole('listitem');
    await sessions.nth(1).waitFor({ state: 'detached', ...WAIT });
    expect(await sessions.count()).toBe(1);
    await page.getByText('9 of 10 recovery codes left').waitFor(WAIT);
  });

  it('adds a passkey, logs in with it and removes it', async () => {
    const other = await open();
    const devTools = await other.context().newCDPSession(other);
    await devTools.send('WebAuthn.enable');
    await devTools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await other.goto(run.dashboardUrl);
    await button('Log in with a passkey', other).click();
    await other.getByText('this page was opened by an IP address').waitFor(WAIT);

    const byName = new URL(run.dashboardUrl);
    byName.hostname = 'localhost';
    await other.goto(byName.href);
    await expectSound(other, 'login');
    await other.getByLabel('E-mail').fill(run.customer.email);
    await other.getByLabel('Password').fill(run.customer.password);
    await button('Log in', other).click();
    await button('Use a recovery code', other).click();
    await sendCode(other, 'Recovery code', recoveryCodes[1] ?? '');
    await other.getByRole('button', { name: /Account menu/ }).waitFor(WAIT);
    await other.goto(new URL('account/security', byName).href);
    await button('Add a passkey', other).click();
    await expectSound(other, 'add-passkey');
    await other.getByRole('dialog').getByLabel('Your password').fill(run.customer.password);
    await button('Continue', other).click();
    const passkeys = other.getByRole('list', { name: 'Passkeys' }).getByRole('listitem');
    await passkeys.getByText('never used').waitFor(WAIT);
    await expectSound(other, 'passkeys');

    const logInAgain = async () => {
      await other.getByRole('button', { name: /Account menu/ }).click();
      await other.getByRole('menuitem', { name: 'Log out' }).click();
      await button('Log in with a passkey', other).click();
    };
    await logInAgain();
    await other.getByRole('button', { name: /Account menu/ }).waitFor(WAIT);
    await other.goto(new URL('account/security', byName).href);
    await passkeys.getByText('last used').waitFor(WAIT);
    await button('Remove Chrome on Linux', other).click();
    await other.getByRole('dialog').getByLabel('Your password').fill(run.customer.password);
    await button('Remove passkey', other).click();
    await other.getByText('You have none yet.').waitFor(WAIT);
    await logInAgain();
    await other.getByText('Nobody can log in with this passkey.').waitFor(WAIT);
    await other.context().close();
  });

  it('makes a token that works, and revokes it', async () => {
    await goTo('API tokens');
    await button('Create token').click();
    await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('deploy');
    await expectSound(page, 'create-token');
    await page.getByRole('dialog').getByRole('button', { name: 'Create token' }).click();
    const token = (await page.locator('.token-text code').textContent(WAIT)) ?? '';
    await expectSound(page, 'token');
    const status = async () =>
      (await fetch(`${run.apiUrl}/servers`, { headers: { Authorization: `Bearer ${token}` } })).status;
    expect(await status()).toBe(200);
    await button('Done').click();
    await expectSound(page, 'tokens');
    await button('Revoke deploy').click();
    await button('Revoke token').click();
    await page.getByText('No API tokens').waitFor(WAIT);
    expect(await status()).toBe(401);
  });

  it('keeps an SSH key', async () => {
    await goTo('SSH keys');
    await button('Add key').click();
    const dialog = page.getByRole('dialog');
    await dialog
      .getByLabel('Public key')
      .fill('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ada@laptop');
    await dialog.getByRole('button', { name: 'Add key' }).click();
    await page.getByText('ada@laptop').waitFor(WAIT);
    await expectSound(page, 'ssh-keys');
  });

  it('is offered it where servers are ordered', async () => {
    await page.goto(`${run.dashboardUrl}servers/new`);
    await page.getByText('ada@laptop').click();
    await page.getByRole('radio', { name: 'Small' }).check({ force: true });
    await expectSound(page, 'new-server-kept-key');
    await button('As curl').click();
    await page.getByText(/"sshKeyIds"/).waitFor(WAIT);
    await page.keyboard.press('Escape');
  });

  it('invites somebody, who takes part by the link and sees what they may', async () => {
    await goTo('Team');
    await button('Invite').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/^Viewer:/).click();
    const guest = { email: 'guest@berth.test', password: 'correct horse battery' };
    await dialog.getByLabel(/^E-mail/).fill(guest.email);
    await expectSound(page, 'invite');
    await dialog.getByRole('button', { name: 'Send the invitation' }).click();
    const link = (await page.locator('.shown-once code').textContent()) ?? '';
    await expectSound(page, 'invitation');
    await button('Done').click();
    await page.getByText(/^Mailed to guest@berth\.test/).waitFor(WAIT);
    await expectSound(page, 'team');
    expect(await mailedLinks()).toEqual([link]);

    const added = await berth.admin.request('POST', '/admin/users', { email: guest.email });
    const { passwordLink } = (await added.json()) as { passwordLink: { link: string } };
    const theirs = await open();
    await theirs.goto(passwordLink.link);
    await theirs.getByLabel('New password').fill(guest.password);
    await theirs.getByRole('button', { name: /^Set/ }).click();
    await theirs.getByLabel('E-mail').waitFor(WAIT);

    await theirs.goto(link);
    await theirs.getByLabel('E-mail').fill(guest.email);
    await theirs.getByLabel('Password').fill(guest.password);
    await button('Log in', theirs).click();
    await button('Take part', theirs).waitFor(WAIT);
    await expectSound(theirs, 'join');
    await button('Take part', theirs).click();
    await theirs.getByRole('heading', { name: 'Servers', level: 1 }).waitFor(WAIT);
    await page.reload();
    await page.getByText(guest.email).waitFor(WAIT);
    await theirs.context().close();
  });

  it('gives somebody another role and takes that back, and is asked before it gives away its own', async () => {
    const role = page.getByLabel('Role of guest@berth.test');
    await role.selectOption('operator');
    await page.getByText('guest@berth.test is now: Operator.').waitFor(WAIT);
    const path = await screenshotPath('role-changed');
    if (path) await page.screenshot({ path });
    await button('Undo').click();
    await expect.poll(() => role.inputValue(), WAIT).toBe('viewer');
    await page.getByLabel(`Role of ${run.customer.email}`).selectOption('viewer');
    await page.getByRole('dialog').waitFor(WAIT);
    await expectSound(page, 'own-role');
    await button('Stay Owner').click();
    expect(await page.getByLabel(`Role of ${run.customer.email}`).inputValue()).toBe('owner');
  });

  it('is shown to an administrator with what a lost device would have taken along', async () => {
    const theirs = await open();
    await logIn(theirs, run.admin);
    await theirs.getByRole('heading', { name: 'Servers', level: 1 }).waitFor(WAIT);
    await theirs.goto(`${run.dashboardUrl}admin/users`);
    await button(`Lost device of ${run.customer.email}`, theirs).click();
    const dialog = theirs.getByRole('dialog');
    await dialog.getByLabel('Take away the codes of an app, with their recovery codes').waitFor(WAIT);
    await expectSound(theirs, 'lost-device');
    await dialog.getByRole('textbox').fill(run.customer.email);
    expect(await dialog.getByRole('button', { name: 'Take away' }).isEnabled()).toBe(true);
    await dialog.getByRole('button', { name: 'Leave it as it is' }).click();
  });

  it('gets a link by e-mail when the password is forgotten', async () => {
    const guest = { email: 'guest@berth.test', password: 'battery horse correct' };
    const theirs = await open();
    await theirs.goto(`${run.dashboardUrl}login`);
    await theirs.getByLabel('E-mail').waitFor(WAIT);
    await expectSound(theirs, 'login');
    await theirs.getByRole('link', { name: 'Forgot your password?' }).click();
    // The login has a field of that name too, and stays until the next page is there.
    await theirs.getByRole('heading', { name: 'Forgot your password?' }).waitFor(WAIT);
    await theirs.getByLabel('E-mail').fill(guest.email);
    await expectSound(theirs, 'forgot-password');
    await button('Send the link', theirs).click();
    await theirs.getByText('If there is a user with the address').waitFor(WAIT);
    await expectSound(theirs, 'forgot-password-sent');
    await expect.poll(mailedLinks, WAIT).toHaveLength(2);
    await theirs.goto((await mailedLinks())[1] ?? '');
    await theirs.getByLabel('New password').fill(guest.password);
    await theirs.getByRole('button', { name: /^Set/ }).click();
    await theirs.getByText('Your password is set.').waitFor(WAIT);
    await theirs.getByLabel('E-mail').fill(guest.email);
    await theirs.getByLabel('Password').fill(guest.password);
    await button('Log in', theirs).click();
    await theirs.getByRole('heading', { name: 'Servers', level: 1 }).waitFor(WAIT);
  });

  it('reads all of that in the audit log', async () => {
    await goTo('Audit log');
    await page.getByText('Revoked an API token: deploy').waitFor(WAIT);
    await page.getByText('Wrong code at login, after the right password').waitFor(WAIT);
    await page.getByText('Logged in with the passkey Chrome on Linux').waitFor(WAIT);
    await expectSound(page, 'audit');
  });

  it('covers who and where for a picture, also after a reload', async () => {
    await page.getByRole('button', { name: /Account menu/ }).click();
    await page.getByRole('menuitem', { name: 'Mask for screenshots' }).click();
    const tag = page.getByRole('button', { name: /^Masked/ });
    await tag.waitFor(WAIT);
    await expectSound(page, 'masked-audit');
    await page.reload();
    await tag.waitFor(WAIT);
    await goTo('Team');
    await expectSound(page, 'masked-team');
    await tag.click();
    await tag.waitFor({ state: 'detached', ...WAIT });
  });
});
