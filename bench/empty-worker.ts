import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { WORKER_SETTINGS } from '../activities/run-workers.ts';
import { taskQueues } from '../contract/temporal.ts';

/** The product's workers for operations, with workflows and activities that do nothing. Prints `ready`. */
const [codePath = '', address = '', queuePrefix = ''] = process.argv.slice(2);
Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR') });
const connection = await NativeConnection.connect({ address });
const queues = taskQueues(queuePrefix);
const activities = { doNothing: async () => undefined };
const workers = await Promise.all([
  Worker.create({
    ...WORKER_SETTINGS.servers,
    connection,
    taskQueue: queues.servers,
    workflowBundle: { codePath },
    activities,
  }),
  Worker.create({ ...WORKER_SETTINGS.proxmox, connection, taskQueue: queues.proxmox, activities }),
]);
process.once('SIGTERM', () => workers.forEach((worker) => worker.shutdown()));
console.log('ready');
await Promise.all(workers.map((worker) => worker.run()));
await connection.close();
