/** Servers that tests may use, by the variable that says where one is. */
const SERVERS = {
  TEST_KAFKA: 'Kafka, as host:port',
  TEST_REDIS: 'Redis, as redis://host:port',
  TEST_REDIS_CLUSTER: 'Redis Cluster, as redis://host:port',
  TEST_ELASTICSEARCH: 'Elasticsearch, as http://host:port',
  TEST_POSTGRES: 'PostgreSQL, as postgres://user@host:port/database',
  TEST_MLFLOW: 'MLflow, as http://host:port',
  TEST_KAFKA_LIBS: "folder with Kafka's jars, for a broker of a test's own",
  TEST_MLFLOW_COMMAND: "path of MLflow's command, for a server of a test's own",
  TEST_SERVICES: "folder of scripts kafka.sh, redis.sh, … that start servers of a test's own",
} as const;

export type ServerVariable = keyof typeof SERVERS;
/** Those of the servers that the whole product uses. */
export const SERVER_VARIABLES = [
  'TEST_KAFKA',
  'TEST_REDIS',
  'TEST_ELASTICSEARCH',
  'TEST_POSTGRES',
  'TEST_MLFLOW',
] as const satisfies readonly ServerVariable[];

/**
 * Describes tests that need a real server: they run where its variable says where it is, else they are skipped and
 * their name says what they lack. A test leaves on the server nothing that another one could meet.
 */
export function withServer(variable: ServerVariable, title: string, tests: (address: string) => void): void {
  withServers([variable], title, (addresses) => tests(addresses[variable] ?? 'none'));
}

/** The same for tests that need several. */
export function withServers(
  variables: readonly ServerVariable[],
  title: string,
  tests: (addresses: Readonly<Partial<Record<ServerVariable, string>>>) => void,
): void {
  const addresses = Object.fromEntries(variables.map((name) => [name, process.env[name]]));
  const missing = variables.filter((name) => !addresses[name]);
  if (missing.length === 0) {
    describe(title, () => tests(addresses));
    return;
  }
  const reasons = missing.map((name) => `${name} is not set to a ${SERVERS[name]}`);
  describe.skip(`${title} (skipped: ${reasons.join('; ')})`, () => tests({}));
}
