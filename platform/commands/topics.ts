import type { Command } from 'commander';
import { LogsterError } from '../../contracts/errors.ts';
import { TOPICS } from '../../contracts/topics.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import type { Surroundings } from '../cli.ts';
import { readConfig } from '../config.ts';
import { kafkaTopics } from '../open-ports.ts';
import { table } from '../table.ts';

/** `logster topics`: Kafka's topics, made and checked before the stages start. */
export function addTopicsCommand(program: Command, { root, environment }: Surroundings): void {
  const topics = program.command('topics').description('the topics in Kafka');
  topics
    .command('create')
    .description('create the topics that are missing and check the partitions of the others')
    .action(async () => {
      const config = readConfig(environment, root);
      if (config.kafka.brokers.length === 0)
        throw new LogsterError('config-invalid', 'No Kafka is set; kafka.brokers says where it is');
      const created = await kafkaTopics(config, recordedTelemetry());
      const rows = Object.entries(TOPICS).map(([topic, { partitions, retentionHours }]) => [
        `${config.kafka.prefix}${topic}`,
        partitions,
        `${retentionHours} h`,
        created.some((one) => one === topic) ? 'created' : 'there',
      ]);
      process.stdout.write(`${table(['topic', 'partitions', 'kept', ''], rows)}\n`);
    });
}
