import type { Platform } from './event.ts';

/** A window that `GET /feedback/queue` offers for a verdict. */
export interface QueuedWindow {
  readonly inference_id: string;
  readonly tenant_id: string;
  readonly endpoint_id: string;
  readonly platform: Platform;
  readonly window_start: number; // epoch seconds
  readonly window_end: number; // epoch seconds, exclusive
  readonly model_version: string; // that scored it
  readonly attack_prob: number;
  readonly because: 'attack' | 'sample'; // why it was kept
  readonly pattern: string; // what carried its score; empty where nothing did
  readonly alert_id: string | null; // that holds it
  readonly reason: string; // why it is offered
}
