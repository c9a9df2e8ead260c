import { randomUUID } from 'node:crypto';
import { EVENTS_TOPIC } from '../../contracts/topics.ts';
import { withServer } from '../with-server.ts';
import { kafkaContract } from './kafka.contract.ts';
import { kafkaAdmin, kafkaBus } from './kafka.ts';

withServer('TEST_KAFKA', 'Kafka bus', (broker) => kafkaContract(kafkaBus, broker));

withServer('TEST_KAFKA', 'Kafka bus through kafkajs', (broker) => {
  test('Node has nothing to warn of: no timer is set in the past', async () => {
    const warnings: string[] = [];
    const listen = ({ name, message }: Error): void => void warnings.push(`${name}: ${message}`);
    process.on('warning', listen);
    const place = { brokers: [broker], prefix: `test-${randomUUID()}-`, topics: [EVENTS_TOPIC] } as const;
    const bus = await kafkaBus(place);
    await bus.publish(EVENTS_TOPIC, [{ key: 'a', value: Buffer.from('x') }]);
    await bus.close();
    const admin = await kafkaAdmin(place);
    await admin.deleteTopics({ topics: [`${place.prefix}${EVENTS_TOPIC}`] });
    await admin.disconnect();
    process.off('warning', listen);
    expect(warnings.filter((one) => one.startsWith('Timeout'))).toEqual([]);
  });
});
