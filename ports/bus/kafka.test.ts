import { withServer } from '../with-server.ts';
import { kafkaContract } from './kafka.contract.ts';
import { kafkaBus } from './kafka.ts';

withServer('TEST_KAFKA', 'Kafka bus', (broker) => kafkaContract(kafkaBus, broker));
