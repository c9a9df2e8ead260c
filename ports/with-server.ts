/** Servers that tests may use, by the variable that says where one is. */
const SERVERS = {
  TEST_KAFKA: 'Kafka, as host:port',
  TEST_REDIS: 'Redis, as redis://host:port',
  TEST_ELASTICSEARCH: 'Elasticsearch, as http://host:port',
  TEST_POSTGRES: 'PostgreSQL, as postgres://user@host:port/database',
  TEST_MLFLOW: 'MLflow, as http://host:port',
} as const;

export type ServerVariable = keyof typeof SERVERS;

/**
 * Describes tests that need a real server: they run where its variable says where it is, else they are skipped and
 * their name says what they lack. A test leaves on the server nothing that another one could meet.
 */
export function withServer(variable: ServerVariable, title: string, tests: (address: string) => void): void {
  const address = process.env[variable];
  if (address) describe(title, () => tests(address));
  else
    describe.skip(`${title} (skipped: ${variable} is not set to a ${SERVERS[variable]})`, () =>
      tests('none'));
}
