import type { Alert, AlertMessage } from '../contracts/alert.ts';
import { endpointKey } from '../contracts/event.ts';
import type { InferenceResult } from '../contracts/inference.ts';
import { ALERTS_TOPIC, GROUPS, RESULTS_TOPIC, TOPICS, type Topic } from '../contracts/topics.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import type { Bus, Received } from '../ports/bus/bus.ts';
import type { Documents } from '../ports/documents/documents.ts';
import { eventually } from '../ports/eventually.ts';
import { systemClock } from '../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { type AlertingNeeds, alerting } from './alerting.ts';
import type { AlertSettings } from './take-hit.ts';

/** For tests: the documented defaults. */
export const SETTINGS: AlertSettings = {
  minThreshold: 0.7,
  dedupWindowSeconds: 300,
  correlationWindowSeconds: 60,
};

interface Ports {
  readonly bus: Bus;
  readonly alerts: AlertStore;
  readonly documents: Documents;
}

/** For tests: ways to run the stage on the given ports and to see what it did. */
export function tryAlerting(ports: Ports) {
  const telemetry = recordedTelemetry();
  const { bus, alerts } = ports;

  async function everything(topic: Topic): Promise<readonly Received[]> {
    const partitions = Array.from({ length: TOPICS[topic].partitions }, (_, partition) => partition);
    return (await Promise.all(partitions.map((one) => bus.read(topic, one, 0, 10_000)))).flat();
  }
  return {
    telemetry,
    everything,
    start: (more: Partial<AlertingNeeds> = {}) =>
      alerting({ ...ports, telemetry, clock: systemClock, settings: SETTINGS, ...more }),
    async publish(...results: readonly InferenceResult[]): Promise<void> {
      const messages = results.map((result) => ({
        key: endpointKey(result.tenant_id, result.endpoint_id),
        value: Buffer.from(JSON.stringify(result)),
      }));
      await bus.publish(RESULTS_TOPIC, messages);
    },
    async published(): Promise<readonly AlertMessage[]> {
      const messages = await everything(ALERTS_TOPIC);
      return messages.map((message) => JSON.parse(message.value.toString()) as AlertMessage);
    },
    async stored(): Promise<readonly Alert[]> {
      return (await alerts.list({}, { limit: 1000, offset: 0 })).alerts;
    },
    async caughtUp(): Promise<void> {
      await eventually('all results are done and all changes published', async () => {
        const lag = await bus.lag(GROUPS.alerting, RESULTS_TOPIC);
        return lag.every((behind) => behind === 0) && (await alerts.outbox(1)).length === 0;
      });
    },
  };
}
