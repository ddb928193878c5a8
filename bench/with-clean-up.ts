export type Undo = () => Promise<unknown>;

/** Runs `body`, then what it has put on the list, last first; also after an error or Ctrl-C. */
export async function withCleanUp(body: (undo: Undo[]) => Promise<void>): Promise<void> {
  const undo: Undo[] = [];
  let cleaned: Promise<void> | undefined;
  const cleanUp = () =>
    (cleaned ??= (async () => {
      for (const step of undo.reverse()) await step().catch((err: unknown) => console.error(String(err)));
    })());
  const stop = () => void cleanUp().then(() => process.exit(130));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    await body(undo);
  } finally {
    await cleanUp();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
