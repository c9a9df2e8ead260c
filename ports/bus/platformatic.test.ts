import { EVENTS_TOPIC, TOPICS } from '../../contracts/topics.ts';
import { eventually } from '../eventually.ts';
import { withServer } from '../with-server.ts';
import type { Bus, Received } from './bus.ts';
import { type KafkaSite, kafkaContract, kafkaSite } from './kafka.contract.ts';
import { kafkaBus } from './kafka.ts';
import { partitionOf } from './partition-of.ts';
import { platformaticBus } from './platformatic.ts';

withServer('TEST_KAFKA', 'Kafka bus through @platformatic/kafka', (broker) => {
  kafkaContract(platformaticBus, broker);

  describe('beside the other adapter', () => {
    const PARTITIONS = TOPICS[EVENTS_TOPIC].partitions;
    const KEYS = Array.from({ length: 30 }, (_, index) => `default:host-${index}é`);
    const messages = KEYS.map((key) => ({ key, value: Buffer.from(key), headers: { traceparent: '00-ü' } }));
    let here: KafkaSite;
    let kafkajs: Bus;
    let platformatic: Bus;
    beforeEach(async () => {
      here = await kafkaSite(platformaticBus, broker);
      platformatic = await here.open();
      kafkajs = await kafkaBus(here.place);
    });
    afterEach(async () => {
      await kafkajs.close();
      await here.cleanUp();
    });

    const reader = async (bus: Bus, seen: Received[], held = new Set<number>()) =>
      bus.subscribe({
        topics: [EVENTS_TOPIC],
        group: 'readers',
        onBatch: async (batch) => void seen.push(...batch.messages),
        onAssigned: async (_, partition) => void held.add(partition),
        onRevoked: async (_, partition) => void held.delete(partition),
      });

    test.each([
      ['kafkajs', 'platformatic'],
      ['platformatic', 'kafkajs'],
    ])('what %s writes, %s reads, and keys lie where both say', async (from) => {
      const [writer, other] = from === 'kafkajs' ? [kafkajs, platformatic] : [platformatic, kafkajs];
      await writer.publish(EVENTS_TOPIC, messages);
      const seen: Received[] = [];
      await reader(other, seen);
      await eventually('all came', () => seen.length === KEYS.length);
      for (const { key, value, partition, headers } of seen) {
        expect(value.toString()).toBe(key);
        expect(partition).toBe(partitionOf(key, PARTITIONS));
        expect(headers).toEqual({ traceparent: '00-ü' });
      }
    });

    test('members of both share one group, and go on from one another’s commits', async () => {
      const byA = new Set<number>();
      const byB = new Set<number>();
      const seenByA: Received[] = [];
      const seenByB: Received[] = [];
      const a = await reader(kafkajs, seenByA, byA);
      await reader(platformatic, seenByB, byB);
      await eventually('each has half', () => byA.size === PARTITIONS / 2 && byB.size === PARTITIONS / 2);
      await kafkajs.publish(EVENTS_TOPIC, messages);
      await eventually('both have all', () => seenByA.length + seenByB.length === KEYS.length);
      for (const { partition, offset } of seenByA) await a.commit(EVENTS_TOPIC, partition, offset + 1);
      await a.close();
      await eventually('one has all partitions', () => byB.size === PARTITIONS);
      await platformatic.publish(EVENTS_TOPIC, [{ key: 'last', value: Buffer.from('last') }]);
      await eventually('it reads on', () => seenByB.some(({ value }) => value.toString() === 'last'));
      const committed = new Set(seenByA.map(({ partition, offset }) => `${partition}/${offset}`));
      expect(seenByB.filter(({ partition, offset }) => committed.has(`${partition}/${offset}`))).toEqual([]);
    });
  });
});
