import { idOf } from '../../contracts/ids.ts';
import type { KeptGraph } from './graphs.ts';

/** For tests: a kept graph whose ids and bytes follow from its name. */
export function keptOf(name: string, differing: Partial<KeptGraph> = {}): KeptGraph {
  return {
    inferenceId: idOf('inference', name),
    tenantId: 'acme',
    endpointId: 'h1',
    platform: 'windows',
    windowStart: 100,
    windowEnd: 280,
    modelVersion: '1',
    attackProb: 0.9,
    because: 'attack',
    pattern: 'cron → backup.sh: spawned process',
    featureSchema: 'schema',
    contentHash: `hash of ${name}`,
    keptAt: 1000,
    bytes: Buffer.from(`graph ${name} `.repeat(100)),
    ...differing,
  };
}
