import type { PlatformaticClient } from './platformatic-client.ts';
import { innermostReason, isPassing } from './platformatic-errors.ts';
import { type Found, fetchFrom, type Place } from './platformatic-fetch.ts';

/** Small, so that a batch is worked through well within a session. */
const PARTITION_BYTES = 2 ** 20;
const PAUSE_MS = 200;
/** While some partitions have enough to work on, so that they are asked for again before they run dry. */
const SHORT_WAIT_MS = 50;

interface FetcherNeeds {
  readonly client: PlatformaticClient;
  readonly prefix: string;
  readonly maxWaitMs: number;
  /** Partitions that need more, and whether others that could be read have enough. */
  readonly wanted: () => { readonly places: readonly Place[]; readonly othersHaveEnough: boolean };
  readonly onFound: (found: Found) => void;
  readonly onAway: (reason: string) => void;
  readonly onFailed: (error: unknown) => void;
}

/** Keeps one request under way to every broker that leads a partition in want of messages. */
export class Fetcher {
  private readonly needs: FetcherNeeds;
  private readonly underWay = new Set<number>();
  private looking = false;
  private lookAgain = false;
  private stopped = false;

  constructor(needs: FetcherNeeds) {
    this.needs = needs;
  }

  /** Asks for what is wanted now. */
  fetchMore(): void {
    if (this.stopped) return;
    if (this.looking) {
      this.lookAgain = true;
      return;
    }
    this.looking = true;
    this.look()
      .catch((error: unknown) => this.rest(error))
      .finally(() => {
        this.looking = false;
        if (!this.lookAgain) return;
        this.lookAgain = false;
        this.fetchMore();
      });
  }

  stop(): void {
    this.stopped = true;
  }

  private async look(): Promise<void> {
    const { client, prefix, wanted } = this.needs;
    const names = [...new Set(wanted().places.map(({ topic }) => prefix + topic))];
    if (names.length === 0) return;
    const { topics } = await client.metadata(names);
    const byLeader = new Map<number, Place[]>();
    const { places, othersHaveEnough } = wanted(); // what is wanted may have changed meanwhile
    for (const place of places) {
      const leader = topics.get(prefix + place.topic)?.partitions[place.partition]?.leader ?? -1;
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), place]);
    }
    for (const [leader, led] of byLeader)
      if (!this.underWay.has(leader)) void this.ask(leader, led, othersHaveEnough);
  }

  private async ask(leader: number, places: readonly Place[], isShort: boolean): Promise<void> {
    const { client, prefix, maxWaitMs, onFound } = this.needs;
    this.underWay.add(leader);
    try {
      const needs = { client, prefix, partitionBytes: PARTITION_BYTES };
      const founds = await fetchFrom(needs, places, isShort ? Math.min(SHORT_WAIT_MS, maxWaitMs) : maxWaitMs);
      if (this.stopped) return;
      for (const found of founds) onFound(found);
      if (founds.some(({ state }) => state === 'moved')) await this.refresh(places);
    } catch (error) {
      await this.rest(error, places);
    } finally {
      this.underWay.delete(leader);
      this.fetchMore();
    }
  }

  /** Brokers that do not answer are asked again a little later; anything else ends the consumer. */
  private async rest(error: unknown, places: readonly Place[] = []): Promise<void> {
    if (this.stopped) return;
    if (!isPassing(error)) {
      this.stopped = true;
      this.needs.onFailed(error);
      return;
    }
    this.needs.onAway(innermostReason(error));
    await this.refresh(places);
    this.lookAgain = true;
  }

  private async refresh(places: readonly Place[]): Promise<void> {
    const { client, prefix } = this.needs;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const names = [...new Set(places.map(({ topic }) => prefix + topic))];
    await client.metadata(names, true).catch(() => undefined); // the next request says what is wrong
  }
}
