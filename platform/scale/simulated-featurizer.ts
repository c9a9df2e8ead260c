import { PLATFORMS, type Platform } from '../../contracts/event.ts';
import { type BatchFormer, batchFormer, type Sized } from './batch-former.ts';
import type { Timetable } from './timetable.ts';

export interface FeaturizerOptions<W> {
  readonly buildSeconds: number; // per window
  readonly storeSeconds: number; // per batch
  /** What happens before is not counted. */
  readonly countFrom: number;
  readonly offer: (batch: readonly W[]) => 'added' | 'full';
  readonly onRoom: (then: () => void) => void;
}

/** Gathers windows and sends batches one after another, as the loop of `featurize/send-batches.ts`. */
export interface SimulatedFeaturizer<W> {
  take(window: W): void;
  readonly busySeconds: number;
  readonly blockedSeconds: number;
}

/** A featurizer at rest. */
export function simulatedFeaturizer<W extends Sized & { readonly platform: Platform }>(
  time: Timetable,
  { buildSeconds, storeSeconds, countFrom, offer, onRoom }: FeaturizerOptions<W>,
): SimulatedFeaturizer<W> {
  const formers: Record<Platform, BatchFormer<W>> = {
    windows: batchFormer<W>(),
    linux: batchFormer<W>(),
  };
  let busy = false;
  let alarmAt = Number.POSITIVE_INFINITY;
  let busySeconds = 0;
  let blockedSeconds = 0;

  /** The ripe batch whose oldest window has waited longest, or an alarm for when one will be ripe. */
  function look(): void {
    if (busy) return;
    const ripe = PLATFORMS.map((platform) => formers[platform])
      .filter((former) => former.ripeAt() <= time.now)
      .sort((a, b) => a.oldest() - b.oldest())[0];
    if (ripe) {
      build(ripe.take());
      return;
    }
    const next = Math.min(...PLATFORMS.map((platform) => formers[platform].ripeAt()));
    if (!Number.isFinite(next) || (alarmAt <= next && alarmAt > time.now)) return;
    alarmAt = next;
    time.at(next, look);
  }

  function build(batch: readonly W[]): void {
    busy = true;
    const seconds = batch.length * buildSeconds + storeSeconds;
    if (time.now >= countFrom) busySeconds += seconds;
    time.at(time.now + seconds, () => send(batch, time.now));
  }

  function send(batch: readonly W[], readyAt: number): void {
    if (offer(batch) === 'full') {
      onRoom(() => send(batch, readyAt));
      return;
    }
    if (time.now >= countFrom) blockedSeconds += time.now - readyAt;
    busy = false;
    look();
  }

  return {
    take(window) {
      formers[window.platform].add(window, time.now);
      look();
    },
    get busySeconds() {
      return busySeconds;
    },
    get blockedSeconds() {
      return blockedSeconds;
    },
  };
}
