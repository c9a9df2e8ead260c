import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALERTS_TOPIC, TOPICS } from '../../contracts/topics.ts';
import { eventually } from '../eventually.ts';
import { withServer } from '../with-server.ts';
import type { Batch, Bus, Received } from './bus.ts';
import { kafkaBus } from './kafka.ts';
import {
  BROKER_PASSWORD,
  BROKER_USER,
  type Protocol,
  type TestBroker,
  testBroker,
  unsignedToken,
} from './kafka-broker.ts';
import type { KafkaPlace, Sasl } from './kafka-place.ts';
import { partitionOf } from './partition-of.ts';
import { platformaticBus } from './platformatic.ts';

const START_MS = 120_000;
const ENGINES = [
  ['kafkajs', kafkaBus],
  ['platformatic', platformaticBus],
] as const;

withServer('TEST_KAFKA_LIBS', 'Kafka that asks who comes in', (libs) => {
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await testBroker(libs);
    await broker.start();
  }, START_MS);
  afterAll(() => broker.remove());

  const place = (protocol: Protocol, more: Partial<KafkaPlace> = {}): KafkaPlace => ({
    brokers: [broker.addresses[protocol]],
    prefix: `test-${randomUUID()}-`,
    topics: [ALERTS_TOPIC],
    heartbeatMs: 100,
    maxWaitMs: 100,
    sessionTimeoutMs: 10_000,
    ...(protocol.endsWith('SSL') && { caFile: broker.caFile }),
    ...more,
  });
  const message = (text: string) => ({ key: 'a', value: Buffer.from(text) });
  const partition = partitionOf('a', TOPICS[ALERTS_TOPIC].partitions);
  const named = (mechanism: Exclude<Sasl['mechanism'], 'oauthbearer'>): Sasl => ({
    mechanism,
    username: BROKER_USER,
    password: BROKER_PASSWORD,
  });
  const byToken = (): Sasl => {
    const tokenFile = join(broker.folder, 'token');
    writeFileSync(tokenFile, `${unsignedToken()}\n`);
    return { mechanism: 'oauthbearer', tokenFile };
  };
  const collect = (bus: Bus, seen: Received[], batches: Batch[] = []) =>
    bus.subscribe({
      topics: [ALERTS_TOPIC],
      group: 'readers',
      onBatch: async (batch) => {
        batches.push(batch);
        seen.push(...batch.messages);
      },
    });

  describe.each(ENGINES)('through %s', (_, open) => {
    test.each<[string, Protocol, () => Sasl | undefined]>([
      ['TLS alone', 'SSL', () => undefined],
      ['PLAIN', 'SASL_PLAINTEXT', () => named('plain')],
      ['PLAIN over TLS', 'SASL_SSL', () => named('plain')],
      ['SCRAM-SHA-256', 'SASL_PLAINTEXT', () => named('scram-sha-256')],
      ['SCRAM-SHA-512 over TLS', 'SASL_SSL', () => named('scram-sha-512')],
      ['OAUTHBEARER', 'SASL_PLAINTEXT', byToken],
    ])('publishes and reads with %s', async (_name, protocol, sasl) => {
      const credentials = sasl();
      const bus = await open(place(protocol, credentials ? { sasl: credentials } : {}));
      const seen: Received[] = [];
      try {
        await bus.publish(ALERTS_TOPIC, [message('0')]);
        await collect(bus, seen);
        await eventually('it came', () => seen.length === 1);
        expect((await bus.read(ALERTS_TOPIC, partition, 0, 1))[0]?.value.toString()).toBe('0');
      } finally {
        await bus.close();
      }
    });

    test.each(['plain', 'scram-sha-256'] as const)(
      'names a wrong password for %s without saying it',
      async (mechanism) => {
        const sasl = { mechanism, username: BROKER_USER, password: 'not the password' };
        const refused = await open(place('SASL_PLAINTEXT', { sasl })).catch((error) => error);
        expect(refused).toMatchObject({
          code: 'config-invalid',
          message: expect.stringMatching(/uthentication.*kafka\.password_file/s),
        });
        expect(refused.message).not.toContain('not the password');
      },
    );

    test('names a certificate that is not trusted', async () => {
      const { caFile: _caFile, ...untrusting } = place('SSL', { tls: true });
      await expect(open(untrusting)).rejects.toMatchObject({
        code: 'config-invalid',
        message: expect.stringMatching(/certificate.*kafka\.ca_file/s),
      });
    });

    test(
      'waits for a broker that dies, and goes on',
      async () => {
        const bus = await open(place('PLAINTEXT'));
        const seen: Received[] = [];
        try {
          const batches: Batch[] = [];
          const subscription = await collect(bus, seen, batches);
          await bus.publish(ALERTS_TOPIC, [message('0')]);
          await eventually('the first came', () => seen.length === 1);
          await broker.kill();
          let confirmed = 0;
          const publishing = ['1', '2', '3'].map((text) =>
            bus.publish(ALERTS_TOPIC, [message(text)]).then(() => {
              confirmed += 1;
            }),
          );
          expect(batches[0]?.isStale()).toBe(false);
          await eventually(
            'its own clock says that the session is over',
            () => batches[0]?.isStale() === true,
          );
          expect(confirmed).toBe(0);
          await broker.start();
          await Promise.all(publishing);
          await eventually('the others came', () => seen.length >= 4, 60_000);
          expect([...new Set(seen.map(({ value }) => value.toString()))]).toEqual(['0', '1', '2', '3']);
          await subscription.commit(ALERTS_TOPIC, partition, 4);
          expect((await bus.lag('readers', ALERTS_TOPIC))[partition]).toBe(0);
        } finally {
          await bus.close();
        }
      },
      START_MS,
    );
  });
});
