import { guestNames } from './cloud-init-routes.ts';
import type { Cluster } from './cluster.ts';
import type { Guest, Vm } from './cluster-state.ts';
import { outputOf } from './guest-commands.ts';

/** A guest's serial line: what is typed goes in, what is to be shown is answered. */
export interface SerialConsole {
  type(text: string): string;
  /** What the guest says by itself since the last look: that it is up. */
  look(): string;
}

const LOGIN_FAILED = '\r\nLogin incorrect\r\n';

/** A login prompt and behind it a shell with a handful of commands; nothing is heard before the guest is up. */
export function createSerialConsole(cluster: Cluster, vm: Vm, guest: Guest): SerialConsole {
  const { hostname } = guestNames(vm, guest.config);
  let greeted = isUp(cluster, guest);
  let user: string | undefined;
  let asksPassword = false;
  let line = '';

  const prompt = (): string => {
    if (asksPassword) return 'Password: ';
    if (user === undefined) return `${hostname} login: `;
    return user === 'root' ? `root@${hostname}:~# ` : `${user}@${hostname}:~$ `;
  };

  const knows = (name: string): boolean => {
    const [defaultUser] = String(guest.system ?? '').split('-');
    return ['root', String(guest.config.ciuser ?? '').trim() || defaultUser].includes(name);
  };

  const enter = (text: string): string => {
    if (asksPassword) {
      asksPassword = false;
      if (text !== '' && user !== undefined && knows(user)) return '\r\n';
      user = undefined;
      return LOGIN_FAILED;
    }
    if (user === undefined) {
      if (text.trim() !== '') [user, asksPassword] = [text.trim(), true];
      return '\r\n';
    }
    if (['exit', 'logout'].includes(text.trim())) {
      user = undefined;
      return '\r\nlogout\r\n\r\n';
    }
    return `\r\n${outputOf(cluster, vm, guest, text.trim()).replaceAll('\n', '\r\n')}`;
  };

  const typeKey = (key: string): string => {
    if (key === '\r' || key === '\n') {
      const entered = line;
      line = '';
      return enter(entered) + prompt();
    }
    if (key === '\u007f' || key === '\b') {
      if (line === '') return '';
      line = line.slice(0, -1);
      return asksPassword ? '' : '\b \b';
    }
    if (key === '\u0003') {
      line = '';
      return `^C\r\n${prompt()}`;
    }
    line += key;
    return asksPassword ? '' : key;
  };

  return {
    type: (text) => (isUp(cluster, guest) ? text.split('').map(typeKey).join('') : ''),
    look() {
      if (greeted || !isUp(cluster, guest)) return '';
      greeted = true;
      return `\r\n${hostname} ttyS0\r\n\r\n${prompt()}`;
    },
  };
}

function isUp({ clock }: Cluster, guest: Guest): boolean {
  return guest.hasSystem && !guest.paused && clock.now() >= guest.bootedAt;
}
