import { createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

type Command = 'MAIL' | 'RCPT' | 'DATA' | 'taken';

/** What is answered, or how to the text of a mail. */
type Reply = string | ((mail: string) => string);

export interface MailServer {
  /** As a setting of Berth's. */
  url: string;
  /** Each line it was told. */
  told: string[];
  /** The mails it has taken, as text. */
  taken: string[];
  /** Answers a command with these first, once each (`taken`: the end of a mail); an empty one never comes. */
  answer(command: Command, ...replies: Reply[]): void;
  /** Refuses connections until it is started again. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A mail server that knows as much as one mail needs; until the test ends. */
export async function startMailServer(): Promise<MailServer> {
  const told: string[] = [];
  const taken: string[] = [];
  const replies: Record<Command, Reply[]> = { MAIL: [], RCPT: [], DATA: [], taken: [] };
  const sockets = new Set<Socket>();
  let port = 0;
  const reply = (socket: Socket, command: string, usual: string, mail = '', then = () => {}): void => {
    const given = replies[command as Command]?.shift() ?? usual;
    if (given === '') return;
    const text = typeof given === 'string' ? given : given(mail);
    if (text.startsWith(usual[0] ?? '')) then();
    socket.write(`${text}\r\n`);
  };
  const server = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)));
    socket.on('error', () => undefined);
    let mail: string[] | null = null;
    socket.write('220 mail.example.net\r\n');
    socket.on('data', (chunk) => {
      for (const line of chunk.toString().split('\r\n').filter(Boolean)) {
        told.push(line);
        const [command = ''] = line.split(' ');
        if (mail && line !== '.') mail.push(line);
        else if (mail) {
          // A line that ends in = goes on in the next one.
          const text = mail.join('\n').replaceAll('=\n', '');
          mail = null;
          reply(socket, 'taken', '250 taken', text, () => taken.push(text));
        } else if (command === 'DATA') reply(socket, command, '354 go on', '', () => (mail = []));
        else reply(socket, command, command === 'QUIT' ? '221 bye' : '250 fine');
      }
    });
  });
  const start = async () =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  await start();
  ({ port } = server.address() as AddressInfo);
  onTestFinished(stop);
  return {
    url: `smtp://127.0.0.1:${port}`,
    told,
    taken,
    answer: (command, ...given) => void replies[command].push(...given),
    stop,
    start,
  };
}
