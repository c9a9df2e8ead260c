import { z } from 'zod';
import { COMPRESSIONS, SASL_MECHANISMS } from '../ports/bus/kafka-settings.ts';

const list = z.union([
  z.string().transform((text) => text.split(',').map((one) => one.trim())),
  z.array(z.string()),
]);
const secretFile = (what: string) =>
  z.string().optional().describe(`file that holds ${what}; never in this file`);
const caFile = z
  .string()
  .optional()
  .describe("PEM file of the authority that signed the server's certificate; turns TLS on");

/** Where the distributed engines are. Each one that has an address takes the embedded one's place. */
export const DISTRIBUTED = {
  kafka: z
    .strictObject({
      brokers: list.default([]).describe('host:port of some brokers; with any, the log lies in Kafka'),
      client: z.enum(['kafkajs', 'platformatic']).default('kafkajs').describe('library that speaks to Kafka'),
      prefix: z.string().default('').describe('before every topic and group, to share a cluster'),
      replication: z.number().int().min(1).max(9).default(1).describe('replicas of topics that are created'),
      compression: z
        .enum(COMPRESSIONS)
        .default('lz4')
        .describe('of what is written: none, gzip, snappy, lz4 or zstd'),
      session_seconds: z
        .number()
        .min(6)
        .max(1800)
        .default(30)
        .describe('a consumer that gave no sign for so long loses its partitions'),
      tls: z.boolean().default(false).describe('encrypt the connection'),
      ca_file: caFile,
      sasl_mechanism: z.enum(SASL_MECHANISMS).optional().describe('how to log in; none unless told'),
      username: z.string().optional().describe('name for plain and scram'),
      password_file: secretFile('the password for plain and scram'),
      token_file: secretFile('the token for oauthbearer, read anew for every connection'),
    })
    .prefault({}),
  redis: z
    .strictObject({
      url: z
        .string()
        .optional()
        .describe('redis://host:6379 or rediss://; with it, queue and state lie in Redis'),
      cluster: z.boolean().default(false).describe('whether it is a Redis Cluster'),
      prefix: z.string().default('logster').describe('of every key, to share a server'),
      password_file: secretFile('the password'),
      ca_file: caFile,
    })
    .prefault({}),
  elasticsearch: z
    .strictObject({
      url: z.string().optional().describe('http(s)://host:9200; with it, documents lie in Elasticsearch'),
      prefix: z.string().default('').describe('before every index, to share a cluster'),
      shards: z.number().int().min(1).max(1024).default(1).describe('of each index that is made'),
      replicas: z.number().int().min(0).max(10).default(1).describe('of each index that is made'),
      username: z.string().optional().describe('name for basic authentication'),
      password_file: secretFile('the password for basic authentication'),
      api_key_file: secretFile('an API key'),
      ca_file: caFile,
    })
    .prefault({}),
  postgres: z
    .strictObject({
      url: z
        .string()
        .optional()
        .describe('postgres://user@host:5432/database; with it, alerts and kept graphs lie in PostgreSQL'),
      schema: z.string().default('logster').describe('schema of the tables; made if it is not there'),
      pool: z.number().int().min(1).max(100).default(5).describe('connections that read; one more writes'),
      password_file: secretFile('the password'),
      ca_file: caFile,
    })
    .prefault({}),
  mlflow: z
    .strictObject({
      url: z.string().optional().describe('http(s)://host:5000; with it, models lie in MLflow'),
      experiment: z.string().default('logster').describe('experiment of the runs that register models'),
      prefix: z.string().default('').describe('before model and experiment names, to share a server'),
      username: z.string().optional().describe('name for basic authentication'),
      password_file: secretFile('the password for basic authentication'),
      token_file: secretFile('a bearer token'),
      ca_file: caFile,
    })
    .prefault({}),
};
