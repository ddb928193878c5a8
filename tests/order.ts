import { randomInt } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Estate, TestTemporal } from './stack.ts';
import { until } from './until.ts';
import { IpAddress } from '../db/models/ip-address.ts';
import { IpLease } from '../db/models/ip-lease.ts';
import { Operation, type OperationParams } from '../db/models/operation.ts';
import { OperationTask } from '../db/models/operation-task.ts';
import { Secret } from '../db/models/secret.ts';
import { Server } from '../db/models/server.ts';
import { definitionOf, type OperationType } from '../contract/operation-table.ts';
import { isLive, type Decision } from '../contract/operations.ts';
import { DECISION_SIGNAL, serverWorkflowId, taskQueues } from '../contract/temporal.ts';

/** Writes what the API writes for an order, without starting anything. */
export async function orderServer(
  estate: Estate,
  name = 'web-1',
): Promise<{ server: Server; operation: Operation }> {
  const { database, cluster, plan, template, customer } = estate;
  const server = await Server.query(database).insertAndFetch({
    accountId: customer.accountId,
    name,
    clusterId: cluster.id,
    planId: plan.id,
    templateId: template.id,
    vcpu: plan.vcpu,
    memoryMib: plan.memoryMib,
    diskGib: plan.diskGib,
    macAddress: `bc:24:11:${[0, 0, 0].map(() => randomInt(256).toString(16).padStart(2, '0')).join(':')}`,
  });
  const address = await IpAddress.query(database)
    .whereNotIn('id', IpLease.query(database).select('ipAddressId'))
    .orderBy('address')
    .first()
    .throwIfNotFound();
  await IpLease.query(database).insert({ ipAddressId: address.id, serverId: server.id });
  return { server, operation: await requestOperation(estate, server, 'provision') };
}

/** A pending operation, as the API leaves it. */
export async function requestOperation(
  { database, customer }: Estate,
  server: Server,
  type: OperationType,
  params: OperationParams = {},
): Promise<Operation> {
  if (type === 'terminate') await server.$query(database).patch({ lifecycle: 'deleting' });
  return Operation.query(database).insertAndFetch({
    serverId: server.id,
    accountId: customer.accountId,
    type,
    params,
  });
}

/** Seals what a server is given when it is ordered, as the API does. */
export async function giveSecret(
  { database, deps }: Pick<Estate, 'database' | 'deps'>,
  server: Server,
  column: 'passwordSecretId' | 'userDataSecretId',
  text: string,
): Promise<void> {
  const purpose = 'server-secret';
  const { id } = await Secret.query(database).insertAndFetch({
    purpose,
    ...deps.secretBox.seal(text, purpose),
  });
  await server.$query(database).patch({ [column]: id });
}

/** A pending reset of a password, as the API leaves it. */
export async function requestPassword(
  estate: Estate,
  server: Server,
  password: string,
  params: OperationParams = {},
): Promise<Operation> {
  const purpose = 'server-password';
  const sealed = { purpose, ...estate.deps.secretBox.seal(password, purpose) };
  const { id: passwordSecretId } = await Secret.query(estate.database).insertAndFetch(sealed);
  return requestOperation(estate, server, 'reset_password', { passwordSecretId, ...params });
}

/** Starts the operation's workflow the way the API does, once that of the operation before has closed. */
export async function startWorkflow({ client, queuePrefix }: TestTemporal, operation: Operation) {
  const { id: operationId, serverId, type } = operation;
  const { workflow } = definitionOf(type);
  const workflowId = serverWorkflowId(serverId);
  const start = () =>
    client.workflow.start(workflow, {
      workflowId,
      taskQueue: taskQueues(queuePrefix).servers,
      args: [{ operationId, serverId, ...(workflow === 'powerServer' ? { action: type } : {}) }],
    });
  try {
    return await start();
  } catch (err) {
    if (!(err instanceof WorkflowExecutionAlreadyStartedError)) throw err;
    await client.workflow
      .getHandle(workflowId)
      .result()
      .catch(() => undefined);
    return start();
  }
}

/** Waits until the operation is over and returns it with its events. */
export async function settled(
  { database }: Estate,
  { id }: Operation,
  timeoutMs = 40_000,
): Promise<Operation> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const operation = await Operation.query(database)
      .findById(id)
      .withGraphFetched('events')
      .throwIfNotFound();
    if (!isLive(operation.status)) return operation;
    if (Date.now() > deadline)
      throw new Error(`still ${operation.status} at ${operation.step}: ${operation.note}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Waits until the operation needs attention and returns it; throws when it ends instead. */
export async function paused({ database }: Estate, { id }: Operation): Promise<Operation> {
  let operation = await Operation.query(database).findById(id).throwIfNotFound();
  await until(async () => {
    operation = await Operation.query(database).findById(id).throwIfNotFound();
    if (!isLive(operation.status)) throw new Error(`it ended: ${operation.status} ${operation.errorMessage}`);
    return operation.status === 'needs_attention';
  });
  return operation;
}

/** Waits until Proxmox works on this step of the operation. */
export async function untilTask({ database }: Estate, { id }: Operation, step: string): Promise<void> {
  await until(async () => (await OperationTask.query(database).findById([id, step])) !== undefined);
}

/** Decides about a paused operation the way the API does. */
export async function decide(
  { database, temporal }: Pick<Estate, 'database'> & { temporal: TestTemporal },
  { id, serverId }: Operation,
  decision: Decision,
): Promise<void> {
  await Operation.query(database).findById(id).patch({ decision, decidedAt: new Date() });
  await temporal.client.workflow.getHandle(serverWorkflowId(serverId)).signal(DECISION_SIGNAL);
}
