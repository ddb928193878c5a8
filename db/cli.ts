import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { migrateToLatest, migrationStatus, rollbackMigrations, withDatabase } from './migrate.ts';
import { linkDays, webAddress } from './command-arguments.ts';
import { addCluster, type NewCluster } from './add-cluster.ts';
import type { ClusterSettings } from './ensure-cluster.ts';
import { createPool } from './create-pool.ts';
import { createUser } from './create-user.ts';
import { Plan } from './models/plan.ts';
import { User } from './models/user.ts';
import { createPasswordLinks, LINK_DAYS } from './password-links.ts';
import { withRunningBerth } from './running-berth.ts';
import { loadConfig } from '../config.ts';
import { connectionOf, testConnection } from '../proxmox/connection-test.ts';
import { describeFindings } from '../proxmox/findings.ts';

const program = new Command('berth-admin').description('Prepares and maintains the database of Berth');
const run = <T>(work: Parameters<typeof withDatabase<T>>[1]) =>
  withDatabase(loadConfig('database', withRunningBerth(process.env)).DATABASE_URL, work);

const wholeNumber = (text: string): number => {
  const result = z.coerce.number().int().positive().safeParse(text);
  if (!result.success) throw new InvalidArgumentError('a whole number above 0 is needed');
  return result.data;
};

program
  .command('migrate')
  .description('bring the schema up to date')
  .action(async () => {
    const applied = await run(migrateToLatest);
    console.log(applied.length > 0 ? `Applied: ${applied.join(', ')}` : 'The schema is up to date.');
  });

program
  .command('rollback')
  .description('undo the latest batch of migrations')
  .action(async () => {
    const undone = await run(rollbackMigrations);
    console.log(undone.length > 0 ? `Undone: ${undone.join(', ')}` : 'There is nothing to undo.');
  });

program
  .command('status')
  .description('show which migrations have been applied')
  .action(async () => {
    const { applied, pending } = await run(migrationStatus);
    for (const name of applied) console.log(`applied  ${name}`);
    for (const name of pending) console.log(`pending  ${name}`);
  });

program
  .command('create-user')
  .description('add a customer with an account, or an admin')
  .requiredOption('--email <address>')
  .option('--name <name>', '', '')
  .addOption(new Option('--role <role>').choices(['customer', 'admin']).default('customer'))
  .option('--password <password>', 'generated and shown once when left out')
  .option('--max-servers <n>', 'quota of the account', wholeNumber, 10)
  .action(
    async (options: {
      email: string;
      name: string;
      role: 'customer' | 'admin';
      password?: string;
      maxServers: number;
    }) => {
      const { password } = await run((database) => createUser(database, options));
      console.log(
        `Created ${options.role} ${options.email}${options.password ? '' : ` with the password ${password}`}`,
      );
    },
  );

program
  .command('password-link')
  .description('make a link by which a user sets a password; shown once, and as good as the password')
  .requiredOption('--email <address>')
  .requiredOption('--url <url>', 'where customers reach Berth, such as https://cloud.example.net', webAddress)
  .option('--days <n>', 'how long it can be used', linkDays, LINK_DAYS)
  .action(async ({ email, url, days }: { email: string; url: string; days: number }) => {
    const link = await run(async (database) => {
      const user = await User.query(database).whereRaw('lower(email) = lower(?)', [email.trim()]).first();
      if (!user) throw new Error(`There is no user with the e-mail address ${email}.`);
      const [made] = await createPasswordLinks(database, [user.id], { publicUrl: url, days });
      if (!made) throw new Error(`${email} is disabled.`);
      return made.link;
    });
    console.log(link);
  });

program
  .command('create-plan')
  .description('add a plan that customers can order')
  .requiredOption('--name <name>')
  .requiredOption('--vcpu <n>', 'virtual processors', wholeNumber)
  .requiredOption('--memory-mib <n>', '', wholeNumber)
  .requiredOption('--disk-gib <n>', '', wholeNumber)
  .option('--traffic-gib <n>', 'per month; unmetered when left out', wholeNumber)
  .option('--network-mbps <n>', 'unlimited when left out', wholeNumber)
  .action(async (options: Pick<Plan, 'name' | 'vcpu' | 'memoryMib' | 'diskGib'> & Partial<Plan>) => {
    await run(async (database) => Plan.query(database).insert(options));
    console.log(`Created plan ${options.name}`);
  });

program
  .command('add-cluster')
  .description('add a Proxmox VE cluster, or change the one of that name')
  .requiredOption('--name <name>')
  .requiredOption('--location <text>', 'what customers see as the location')
  .requiredOption(
    '--url <url...>',
    'such as https://pve1.example.net:8006; several are ways to the same cluster',
  )
  .requiredOption('--token-id <id>', 'of the form user@realm!name')
  .option('--token-secret-file <file>', "a file that holds the token's secret (else PROXMOX_TOKEN_SECRET)")
  .addOption(new Option('--fingerprint <sha256>', "of the nodes' certificate, AB:CD:…").conflicts('caFile'))
  .option('--ca-file <file>', 'the CA in PEM; without either the CAs of the system decide')
  .option('--snippets-storage <storage>', 'a storage for user data, which all nodes mount')
  .option('--snippets-dir <dir>', 'where this machine mounts it')
  .option('--rescue-iso <volume>', 'what servers boot the rescue system from, such as local:iso/rescue.iso')
  .option('--skip-test', 'save it without testing the connection, as while the cluster is down')
  .action(async (options: NewCluster & { skipTest?: true }) => {
    const config = loadConfig('cluster', withRunningBerth(process.env));
    const isNew = await withDatabase(config.DATABASE_URL, (database) =>
      addCluster(database, options, {
        secretsKey: config.BERTH_SECRETS_KEY,
        tokenSecret: config.PROXMOX_TOKEN_SECRET,
        test: async (settings) => (options.skipTest ? undefined : requireConnection(settings)),
      }),
    );
    console.log(
      isNew
        ? `Added cluster ${options.name}; the worker begins to watch it within a minute`
        : `Changed cluster ${options.name}; the workers take it within seconds`,
    );
  });

program
  .command('create-pool')
  .description('add a range of addresses to a cluster')
  .requiredOption('--network <cidr>', 'such as 203.0.113.0/24')
  .requiredOption('--gateway <address>')
  .requiredOption('--first <address>', 'first address to hand out')
  .requiredOption('--count <n>', 'how many addresses to hand out, counted from the first', wholeNumber)
  .option('--name <name>', 'the network when left out')
  .option('--bridge <bridge>', '', 'vmbr0')
  .option('--vlan <tag>', '', wholeNumber)
  .option('--nameserver <address...>', '', [])
  .option('--cluster <name>', '', 'default')
  .action(async (options: Parameters<typeof createPool>[1]) => {
    const { added, held } = await run((database) => createPool(database, options));
    const rest = held > 0 ? `; ${held} of them belong to imported servers and will not be handed out` : '';
    console.log(`Added ${added} addresses of ${options.network}${rest}`);
  });

/** Says what the test of the connection found; throws when Berth cannot work with the cluster. */
async function requireConnection(settings: ClusterSettings): Promise<void> {
  const { ok, version, findings } = await testConnection(connectionOf(settings));
  if (!ok) throw new Error(`${describeFindings(findings)}\nNothing was saved.`);
  console.log(`Proxmox VE ${version} answers, and the token has all rights it needs`);
  if (findings.length > 0) console.log(describeFindings(findings));
}

try {
  await program.parseAsync();
} catch (err) {
  console.error(err instanceof Error ? err.message : err);
  process.exitCode = 1;
}
