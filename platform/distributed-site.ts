import { randomUUID } from 'node:crypto';
import { Client } from '@elastic/elasticsearch';
import { Kafka, logLevel } from 'kafkajs';
import { Client as Postgres } from 'pg';
import { closeRedis, connectRedis } from '../ports/redis.ts';
import type { ServerVariable } from '../ports/with-server.ts';

/** A place of its own on shared servers, for tests and benchmarks of the whole product. */
export interface DistributedSite {
  /** Settings as variables, for a product on these servers. */
  readonly settings: Readonly<Record<string, string>>;
  /** Removes what the product left there; models stay in MLflow, under a name that nobody else uses. */
  cleanUp(): Promise<void>;
}

/** Names a place on these servers; nothing is made until a product starts there. */
export function distributedSite(
  addresses: Readonly<Partial<Record<ServerVariable, string>>>,
): DistributedSite {
  const {
    TEST_KAFKA = '',
    TEST_REDIS = '',
    TEST_ELASTICSEARCH = '',
    TEST_POSTGRES = '',
    TEST_MLFLOW = '',
  } = addresses;
  const name = `test-${randomUUID().slice(0, 8)}`;
  const schema = name.replace('-', '_');
  return {
    settings: {
      LOGSTER_KAFKA__BROKERS: TEST_KAFKA,
      LOGSTER_KAFKA__PREFIX: `${name}-`,
      LOGSTER_REDIS__URL: TEST_REDIS,
      LOGSTER_REDIS__PREFIX: name,
      LOGSTER_ELASTICSEARCH__URL: TEST_ELASTICSEARCH,
      LOGSTER_ELASTICSEARCH__PREFIX: `${name}-`,
      LOGSTER_ELASTICSEARCH__REPLICAS: '0',
      LOGSTER_POSTGRES__URL: TEST_POSTGRES,
      LOGSTER_POSTGRES__SCHEMA: schema,
      LOGSTER_MLFLOW__URL: TEST_MLFLOW,
      LOGSTER_MLFLOW__PREFIX: `${name}-`,
    },
    async cleanUp() {
      if (TEST_KAFKA) await removeTopics(TEST_KAFKA, `${name}-`);
      if (TEST_REDIS) await removeKeys(TEST_REDIS, name);
      if (TEST_ELASTICSEARCH) await removeIndices(TEST_ELASTICSEARCH, `${name}-`);
      if (TEST_POSTGRES) await removeSchema(TEST_POSTGRES, schema);
    },
  };
}

async function removeTopics(broker: string, prefix: string): Promise<void> {
  const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
  await admin.deleteTopics({ topics });
  await admin.disconnect();
}

async function removeKeys(url: string, name: string): Promise<void> {
  const redis = await connectRedis({ url });
  for (const pattern of [`${name}:*`, `{${name}}:*`]) {
    const keys = await redis.keys(pattern);
    if (keys.length > 0) await redis.unlink(...keys);
  }
  await closeRedis(redis);
}

async function removeIndices(node: string, prefix: string): Promise<void> {
  const client = new Client({ node });
  const found = await client.indices.get({ index: `${prefix}*`, expand_wildcards: 'all' });
  const indices = Object.keys(found);
  if (indices.length > 0) await client.indices.delete({ index: indices });
  await client.indices.deleteIndexTemplate({ name: `${prefix}*` }, { ignore: [404] });
  await client.close();
}

async function removeSchema(url: string, schema: string): Promise<void> {
  const client = new Postgres({ connectionString: url });
  await client.connect();
  await client.query(`drop schema if exists "${schema}" cascade`);
  await client.end();
}
