import { spawn } from 'node:child_process';

/**
 * Waits for the end of this process by reading from it: end of file without a word means that it died, in whatever
 * way, and the guarded process group is ended and its directory removed. Arguments: signal, pid, directory or ''.
 */
const GUARD = `
read -r word && exit 0
kill -s "$1" -- "-$2" 2>/dev/null
tries=0
while kill -0 -- "-$2" 2>/dev/null && [ "$tries" -lt 100 ]; do sleep 0.2; tries=$((tries + 1)); done
kill -s KILL -- "-$2" 2>/dev/null
[ -z "$3" ] || rm -rf -- "$3"
`;

/**
 * Makes sure that a detached child (leader of its own process group) does not outlive this process, even when this
 * process is killed with SIGKILL. Call the returned function once the child has ended by itself.
 */
export function guardProcess(pid: number, signal: NodeJS.Signals, removeDir = ''): () => void {
  const guard = spawn('sh', ['-c', GUARD, 'guard', signal.replace(/^SIG/, ''), String(pid), removeDir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  if ('unref' in guard.stdin && typeof guard.stdin.unref === 'function') guard.stdin.unref();
  return () => guard.stdin.end('done\n');
}
