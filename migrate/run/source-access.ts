import type { MigrationDeps } from './deps.ts';
import { SOURCE_SECRET } from './deps.ts';
import { standstill } from './failures.ts';
import { connectSource, type Source } from '../legacy/connect-source.ts';
import { readCatalogue, type Catalogue } from '../legacy/read-catalogue.ts';
import { SourceError } from '../legacy/source-error.ts';
import { parseMapping } from '../mapping.ts';
import { createContext, type TransformContext } from '../transforms/context.ts';
import { MigrationRun } from '../../db/models/migration-run.ts';
import { Secret } from '../../db/models/secret.ts';

export interface RunSource {
  source: Source;
  catalogue: Catalogue;
  context: TransformContext;
}

/** One connection to a run's source per process, opened when needed; the URL is unsealed here and goes nowhere else. */
export interface SourceAccess {
  use<T>(runId: string, work: (source: RunSource) => Promise<T>): Promise<T>;
  release(runId: string): Promise<void>;
  close(): Promise<void>;
}

const CONNECTIONS = 4;

export function createSourceAccess({
  database,
  secretBox,
}: Pick<MigrationDeps, 'database' | 'secretBox'>): SourceAccess {
  const open = new Map<string, Promise<RunSource>>();

  async function connect(runId: string): Promise<RunSource> {
    const run = await MigrationRun.query(database).findById(runId).throwIfNotFound();
    const sealed = run.sourceSecretId && (await Secret.query(database).findById(run.sourceSecretId));
    if (!sealed) {
      throw standstill('source_secret_dropped', 'the URL of the source has been dropped: start a new run');
    }
    const source = await connectSource(secretBox.open(sealed, SOURCE_SECRET), CONNECTIONS);
    try {
      const mapping = parseMapping(run.mapping);
      const catalogue = await readCatalogue(source, mapping.modules);
      // Whoever wants to know how something came about has it explained.
      return { source, catalogue, context: createContext(mapping, catalogue, { traces: false }) };
    } catch (err) {
      await source.close();
      throw err;
    }
  }

  async function release(runId: string): Promise<void> {
    const connection = open.get(runId);
    open.delete(runId);
    await connection?.then(({ source }) => source.close()).catch(() => undefined);
  }

  return {
    async use(runId, work) {
      const connection = open.get(runId) ?? connect(runId);
      open.set(runId, connection);
      try {
        return await work(await connection);
      } catch (err) {
        // A source that came back may have changed; a login may have been corrected.
        if (open.get(runId) === connection && err instanceof SourceError) await release(runId);
        else if (open.get(runId) === connection) await connection.catch(() => open.delete(runId));
        throw err;
      }
    },
    release,
    async close() {
      await Promise.all([...open.keys()].map(release));
    },
  };
}
