import Knex from 'knex';

/** An empty database of the same server, so with the same settings; dropped at the end of the block. */
export async function createScratch(
  serverUrl: string,
  name: string,
): Promise<AsyncDisposable & { url: string }> {
  const admin = Knex({ client: 'pg', connection: serverUrl });
  await admin.raw('drop database if exists ?? with (force)', [name]);
  await admin.raw('create database ??', [name]);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async [Symbol.asyncDispose]() {
      await admin.raw('drop database ?? with (force)', [name]);
      await admin.destroy();
    },
  };
}
