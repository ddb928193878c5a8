import { strayCount } from './stray-rows.ts';
import { clientTruth, userTruth } from './people-rows.ts';
import { planClient, planUser } from './people.ts';
import { planService } from './plan-service.ts';
import { serviceTruth } from './service-truth.ts';
import { serviceVms, unclaimedVm, type ProviderVm } from './service-vms.ts';
import type { ClientTruth, ServiceTruth, UserTruth } from './truth.ts';
import type { World } from './world.ts';

/** The truth about one row, or undefined when it is not there in this edition. */
export function serviceRow(world: World, index: number): ServiceTruth | undefined {
  if (index >= world.services) return undefined;
  const plan = planService(world, index);
  return plan && serviceTruth(world, plan);
}

export function clientRow(world: World, index: number): ClientTruth | undefined {
  if (index >= world.clients) return undefined;
  const plan = planClient(world, index);
  return plan && clientTruth(world, plan);
}

export function userRow(world: World, index: number): UserTruth | undefined {
  if (index >= world.clients) return undefined;
  const plan = planUser(world, index);
  return plan && userTruth(world, plan);
}

/** Every VM on the provider's two clusters, whether a service knows it or not. */
export function* vmRows(world: World): Generator<ProviderVm> {
  for (let index = 0; index < world.services; index += 1) {
    const plan = planService(world, index);
    if (plan) yield* serviceVms(world, plan);
  }
  const unclaimed = strayCount(world.dials.unclaimedVm, world.services);
  for (let n = 0; n < unclaimed; n += 1) yield unclaimedVm(world, n);
}
