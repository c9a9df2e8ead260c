import type { Platform } from '../../contracts/event.ts';
import type { KeptWindow } from './graphs.ts';

/** The table, the same in every SQL database; times are epoch seconds. */
export interface GraphTables {
  kept_graphs: {
    inference_id: string;
    tenant_id: string;
    endpoint_id: string;
    platform: Platform;
    window_start: number;
    window_end: number;
    model_version: string;
    attack_prob: number;
    because: KeptWindow['because'];
    pattern: string;
    feature_schema: string;
    content_hash: string;
    kept_at: number;
    bytes: Buffer; // packed; last, so that what is read without it lies before it
  };
}
