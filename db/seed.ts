import { createPool } from './create-pool.ts';
import { createUser } from './create-user.ts';
import { ensureClusterFromEnv } from './ensure-cluster.ts';
import { withDatabase } from './migrate.ts';
import { IpPool } from './models/ip-pool.ts';
import { Plan } from './models/plan.ts';
import { User } from './models/user.ts';
import { createSecretBox } from './secrets.ts';
import { loadConfig } from '../config.ts';

const PLANS = [
  { name: 'Small', vcpu: 1, memoryMib: 2_048, diskGib: 20, trafficGib: 1_024, networkMbps: 200 },
  { name: 'Medium', vcpu: 2, memoryMib: 4_096, diskGib: 40, trafficGib: 2_048, networkMbps: 500 },
  { name: 'Large', vcpu: 4, memoryMib: 8_192, diskGib: 80, trafficGib: 4_096, networkMbps: 1_000 },
  { name: 'Extra large', vcpu: 8, memoryMib: 16_384, diskGib: 160, trafficGib: null, networkMbps: 1_000 },
];

/** RFC 5737 and RFC 3849: ranges for examples, reachable nowhere. */
const POOLS = [
  {
    name: 'Public IPv4',
    network: '203.0.113.0/24',
    gateway: '203.0.113.1',
    first: '203.0.113.10',
    count: 240,
  },
  {
    name: 'Public IPv6',
    network: '2001:db8:100::/64',
    gateway: '2001:db8:100::1',
    first: '2001:db8:100::10',
    count: 240,
  },
];

/** Demo data for a new installation: users, plans and addresses. What is there already stays as it is. */
const config = loadConfig('seed', process.env);
await withDatabase(config.DATABASE_URL, async (database) => {
  const cluster = await ensureClusterFromEnv(database, createSecretBox(config.BERTH_SECRETS_KEY), config);
  const users = [
    {
      email: config.BERTH_CUSTOMER_EMAIL,
      password: config.BERTH_CUSTOMER_PASSWORD,
      name: 'Demo customer',
      role: 'customer' as const,
      maxServers: 50,
    },
    {
      email: config.BERTH_ADMIN_EMAIL,
      password: config.BERTH_ADMIN_PASSWORD,
      name: 'Demo admin',
      role: 'admin' as const,
    },
  ];
  for (const user of users) {
    const present = await User.query(database).whereRaw('lower(email) = lower(?)', [user.email]).first();
    if (!present) await createUser(database, user);
  }
  await Plan.query(database).insert(PLANS).onConflict('name').ignore();
  if (!cluster) return;
  for (const pool of POOLS) {
    if (await IpPool.query(database).findOne({ clusterId: cluster.id, name: pool.name })) continue;
    await createPool(database, {
      ...pool,
      cluster: cluster.name,
      bridge: 'vmbr0',
      nameserver: ['203.0.113.2'],
    });
  }
});
