import { createHash } from 'node:crypto';
import { endpointKey } from '../contracts/event.ts';
import type { GraphBatch } from '../contracts/graph.ts';

/** Whose windows the challenger answers for: a share of all endpoints, and everything of some tenants. */
export interface CanarySettings {
  readonly share: number; // 0 to 1
  readonly tenants: readonly string[];
}

/** Whether anybody's windows are. */
export function hasCanaries({ share, tenants }: CanarySettings): boolean {
  return share > 0 || tenants.length > 0;
}

/** Places of a batch's graphs that the challenger answers for. An endpoint stays on its side as long as the settings do. */
export function canaryPlaces(batch: GraphBatch, { share, tenants }: CanarySettings): readonly number[] {
  return batch.graphs.flatMap(({ window: { tenantId, endpointId } }, place) =>
    tenants.includes(tenantId) || shareOf(endpointKey(tenantId, endpointId)) < share ? [place] : [],
  );
}

/** A number from 0 up to 1 that depends on a name alone: evenly spread, the same in every process. */
export function shareOf(name: string): number {
  return createHash('sha1').update(name).digest().readUInt32BE(0) / 2 ** 32;
}
