import { reasonOf } from '../contracts/errors.ts';
import { endpointKey } from '../contracts/event.ts';
import { ALERTS_TOPIC } from '../contracts/topics.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import type { Bus } from '../ports/bus/bus.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import { rest } from './rest.ts';

export interface OutboxNeeds {
  readonly bus: Bus;
  readonly alerts: AlertStore;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

export interface Publisher {
  /** Looks into the outbox at once. */
  wake(): void;
  /** Publishes what is there, once, and ends; what it cannot publish stays in the outbox. */
  close(): Promise<void>;
}

/** Changes published in one go. */
const PAGE = 100;
/** The API may run in another process: its changes are found this soon, at a query of some 50 µs each time. */
const LOOK_EVERY_MS = 200;
/** Between two tries while the bus or the store is away. */
const RETRY_MS = { first: 200, most: 10_000 };

/**
 * Publishes every saved change to `logster-alerts`, in the order of saving, at least once: an entry leaves the
 * outbox only when the bus has confirmed it, so store and topic never disagree for longer than an outage.
 */
export function publishOutbox({ bus, alerts, telemetry, clock }: OutboxNeeds): Publisher {
  let closed = false;
  let woken = false;
  let wakeUp = (): void => undefined;
  let failures = 0;

  async function publishPage(): Promise<number> {
    const entries = await alerts.outbox(PAGE);
    const last = entries.at(-1);
    if (last === undefined) return 0;
    const messages = entries.map(({ message }) => ({
      key: endpointKey(message.alert.tenant_id, message.alert.endpoint_id),
      value: Buffer.from(JSON.stringify(message)),
    }));
    await bus.publish(ALERTS_TOPIC, messages);
    await alerts.published(last.id);
    telemetry.metrics.count('alerts_published_total', {}, entries.length);
    return entries.length;
  }

  async function publishAll(): Promise<void> {
    try {
      while ((await publishPage()) === PAGE);
      failures = 0;
    } catch (thrown) {
      failures += 1;
      telemetry.metrics.count('alerts_publish_failures_total');
      telemetry.log.warn('Alerts could not be published; they wait in the outbox', {
        reason: reasonOf(thrown),
        failures,
      });
    }
  }

  async function run(): Promise<void> {
    while (!closed) {
      woken = false;
      await publishAll();
      if (closed || (woken && failures === 0)) continue;
      const ms = failures === 0 ? LOOK_EVERY_MS : backoffMs(failures, RETRY_MS);
      const resting = rest(clock, ms);
      wakeUp = resting.end;
      await resting.over;
    }
    await publishAll(); // what was saved while the last round ran
  }
  const running = run();

  return {
    wake() {
      woken = true;
      if (failures === 0) wakeUp(); // an outage does not end sooner by asking
    },
    async close() {
      closed = true;
      wakeUp();
      await running;
    },
  };
}

/** The pause before another try: doubled with each failure. */
export function backoffMs(
  failures: number,
  { first, most }: { readonly first: number; readonly most: number },
): number {
  return Math.min(most, first * 2 ** (failures - 1));
}
