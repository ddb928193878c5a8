import { readFile } from 'node:fs/promises';

export interface SourceOptions {
  source?: string;
  sourceFile?: string;
}

/** No source was named, or the file that should name it cannot be read. */
export class SourceMissing extends Error {
  override name = 'SourceMissing';
}

/** From --source, --source-file, WHMCS_DATABASE_URL or WHMCS_DATABASE_URL_FILE, in this order. */
export async function readSourceUrl(
  { source, sourceFile }: SourceOptions,
  env: Record<string, string | undefined>,
): Promise<string> {
  if (source) return source;
  if (sourceFile) return readUrlFile(sourceFile);
  const { WHMCS_DATABASE_URL: url, WHMCS_DATABASE_URL_FILE: file } = env;
  if (url) return url;
  if (file) return readUrlFile(file);
  throw new SourceMissing(
    'no source: give --source mysql://user:password@host/database, --source-file FILE or WHMCS_DATABASE_URL',
  );
}

async function readUrlFile(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (err) {
    throw new SourceMissing(`cannot read ${file}, which should hold the URL of the source`, { cause: err });
  }
}
