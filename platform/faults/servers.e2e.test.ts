import { setTimeout as pause } from 'node:timers/promises';
import { ALERTS_TOPIC, EVENTS_TOPIC, RESULTS_TOPIC } from '../../contracts/topics.ts';
import { WORKED_EXAMPLE_HOST, workedExample } from '../../datasets/worked-example/worked-example.ts';
import { proxyTo } from '../../ports/proxy.ts';
import { SERVER_VARIABLES, type ServerVariable, withServers } from '../../ports/with-server.ts';
import { distributedSite } from '../distributed-site.ts';
import { APART, type Outcome, type Product, runDisturbed, standardRecordings } from './disturbed-run.ts';
import { type OwnServer, ownServer } from './own-server.ts';

/** Slow enough that every fault falls into the replay. */
const SPEED = 8;
const MINUTES = 60_000;

withServers([...SERVER_VARIABLES, 'TEST_SERVICES'], 'what the product survives', (addresses) => {
  let undisturbed: Outcome;
  beforeAll(async () => {
    undisturbed = await runDisturbed({ speed: Number.POSITIVE_INFINITY });
  }, 2 * MINUTES);

  /** The outcome of a run on these servers, some of them the test's own. */
  async function outcome(
    own: Partial<Record<ServerVariable, string>>,
    disturb: (product: Product) => Promise<void>,
    recordings = standardRecordings(),
  ): Promise<Outcome> {
    const site = distributedSite({ ...addresses, ...own });
    const settings = { ...site.settings, LOGSTER_KAFKA__SESSION_SECONDS: '6' };
    try {
      return await runDisturbed({ settings, speed: SPEED, processes: APART, recordings, disturb });
    } finally {
      await site.cleanUp();
    }
  }

  async function withOwn<T>(
    name: 'kafka' | 'redis' | 'elasticsearch',
    port: number,
    run: (server: OwnServer) => Promise<T>,
  ) {
    const server = ownServer(addresses.TEST_SERVICES ?? '', name, port);
    try {
      return await run(server);
    } finally {
      server.remove();
    }
  }

  test(
    'a broker that is killed and comes back changes nothing',
    async () => {
      const found = await withOwn('kafka', 19_092, (kafka) =>
        outcome({ TEST_KAFKA: kafka.address }, async () => {
          await pause(12_000);
          kafka.kill();
          await pause(5_000);
          kafka.start();
        }),
      );
      expect(found).toEqual(undisturbed);
    },
    8 * MINUTES,
  );

  test(
    'a Redis that is killed twice and comes back changes nothing',
    async () => {
      const found = await withOwn('redis', 16_379, (redis) =>
        outcome({ TEST_REDIS: redis.address }, async () => {
          for (let n = 0; n < 2; n += 1) {
            await pause(10_000);
            redis.kill();
            await pause(3_000);
            redis.start();
          }
        }),
      );
      expect(found).toEqual(undisturbed);
    },
    8 * MINUTES,
  );

  test(
    'an Elasticsearch that is away for a minute changes nothing',
    async () => {
      const found = await withOwn('elasticsearch', 19_200, (elasticsearch) =>
        outcome({ TEST_ELASTICSEARCH: elasticsearch.address }, async () => {
          await pause(8_000);
          elasticsearch.stop();
          await pause(60_000);
          elasticsearch.start();
        }),
      );
      expect(found).toEqual(undisturbed);
    },
    10 * MINUTES,
  );

  test(
    'replicas that come and go under load change nothing',
    async () => {
      const found = await outcome({}, async (product) => {
        await pause(8_000);
        const leave = product.add(['ingest', 'featurize']);
        const leaveToo = product.add(['serve']);
        const leaveThree = product.add(['alerting', 'index']);
        await pause(15_000);
        await Promise.all([leave(), leaveToo(), leaveThree()]);
      });
      expect(found).toEqual(undisturbed);
    },
    8 * MINUTES,
  );

  test(
    'poison of every kind is kept apart, counted, and changes nothing else',
    async () => {
      const poison = [
        Buffer.from('not json'),
        Buffer.from('{"half":'),
        Buffer.from('[]'),
        Buffer.alloc(300_000, 0xff),
      ];
      const found = await outcome({}, async ({ ports: { bus } }) => {
        await pause(5_000);
        for (const topic of [
          EVENTS_TOPIC,
          RESULTS_TOPIC,
          ALERTS_TOPIC,
          'sysmon-logs',
          'linux-auditd-logs',
        ] as const)
          await bus.publish(
            topic,
            poison.map((value) => ({ key: 'default:poison', value })),
          );
      });
      expect({ ...found, deadLetters: 0 }).toEqual(undisturbed);
      // events and results are read by two stages each: by featurize and index, by alerting and index
      expect(found.deadLetters).toBe(poison.length * (2 + 2 + 1 + 1 + 1));
    },
    8 * MINUTES,
  );

  test(
    'everything delivered twice gives the same windows and alerts',
    async () => {
      const twice = standardRecordings().map((recording) => ({
        ...recording,
        lines: doubled(recording.lines),
      }));
      const found = await outcome({}, async () => undefined, twice);
      expect(found.inferences).toEqual(undisturbed.inferences);
      expect(found.events).toBe(undisturbed.events);
    },
    8 * MINUTES,
  );

  test(
    'an endpoint whose clock is two hours ahead changes nothing for the others',
    async () => {
      const { lines } = workedExample(1_772_442_000 + 7_200, 120);
      const ahead = lines
        .filter((line) => line.includes(WORKED_EXAMPLE_HOST)) // the example has a second machine
        .map((line) => Buffer.from(line.replaceAll(WORKED_EXAMPLE_HOST, 'DESKTOP-AHEAD')));
      const recordings = [...standardRecordings(), { name: 'ahead', lines: ahead }];
      const found = await outcome({}, async () => undefined, recordings);
      expect(found.inferences).toEqual(expect.arrayContaining([...undisturbed.inferences]));
      expect(found.alerts).toEqual(expect.arrayContaining([...undisturbed.alerts]));
      expect(found.alerts.length).toBe(undisturbed.alerts.length + 1); // its own attack is seen like any other
      expect(found.deadLetters).toBe(0);
    },
    8 * MINUTES,
  );

  test(
    'an MLflow that is away at the start holds up scoring alone, and scoring goes on while it is away again',
    async () => {
      const proxy = await proxyTo(Number(new URL(addresses.TEST_MLFLOW ?? '').port));
      proxy.cut();
      const found = await outcome({ TEST_MLFLOW: `http://127.0.0.1:${proxy.port}` }, async () => {
        await pause(15_000);
        proxy.mend();
        await pause(15_000);
        proxy.cut();
        await pause(10_000);
        proxy.mend();
      });
      expect(found).toEqual(undisturbed);
      await proxy.close();
    },
    8 * MINUTES,
  );
});

async function* doubled(lines: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const line of lines) {
    yield line;
    yield line;
  }
}
