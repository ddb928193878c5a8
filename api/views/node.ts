import type { Node } from '../../contract/nodes.ts';
import type { NodeUse } from '../../db/capacity.ts';

export function toNodeView({ storages, templates, observedAt, ...row }: NodeUse): Node {
  return {
    ...row,
    storages: storages ?? [],
    templates: templates ?? [],
    observedAt: observedAt.toISOString(),
  };
}
