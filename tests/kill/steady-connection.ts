import pg from 'pg';

/** A connection that is made anew when PostgreSQL was the victim. */
export class SteadyConnection {
  private client: pg.Client | null = null;
  private readonly url: string;
  constructor(url: string) {
    this.url = url;
  }
  async use<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (!this.client) {
          const client = new pg.Client({ connectionString: this.url });
          client.on('error', () => (this.client = null));
          await client.connect();
          this.client = client;
        }
        return await work(this.client);
      } catch (err) {
        const isConnection = !(err instanceof pg.DatabaseError) || /^(?:57P|08)/.test(err.code ?? '');
        if (!isConnection || attempt === 60) throw err;
        await this.client?.end().catch(() => undefined);
        this.client = null;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }
  }
  async close(): Promise<void> {
    await this.client?.end().catch(() => undefined);
  }
}
