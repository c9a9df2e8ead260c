import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert } from '../contracts/alert.ts';
import { captureLines } from '../datasets/captures.ts';
import { WORKED_EXAMPLE_HOST, workedExample } from '../datasets/worked-example/worked-example.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { SERVER_VARIABLES, withServers } from '../ports/with-server.ts';
import { answerThat } from './answer-that.ts';
import { type Running, start } from './commands/start.ts';
import { readConfig } from './config.ts';
import { type DistributedSite, distributedSite } from './distributed-site.ts';
import { openPorts } from './open-ports.ts';
import { asideSettings } from './product-process.ts';
import { type Recording, replay } from './replay.ts';
import { projectRoot } from './root.ts';
import { STAGES } from './wire.ts';

const root = projectRoot();
const recording = (file: string): AsyncIterable<Buffer> =>
  captureLines(join(root, 'datasets', 'recordings', file));

/** The whole product in this process, on ports of its own and an empty data directory. */
async function logster(
  settings: Readonly<Record<string, string>>,
): Promise<Running & { play(recordings: readonly Recording[]): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'logster-e2e-'));
  const config = readConfig({ ...asideSettings(directory), ...settings }, root);
  const running = await start({ config, root, stages: STAGES, demo: false, say: () => undefined });
  return {
    ...running,
    async play(recordings) {
      const { bus } = await openPorts(config, recordedTelemetry(), { only: ['bus'] });
      await replay({ bus, recordings, speed: Number.POSITIVE_INFINITY, now: false, closeWindows: true });
      await bus.close();
    },
    async close() {
      await running.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function json<T>(url: string, init?: RequestInit): Promise<T> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** What the product promises on any ports. */
function story(site: () => DistributedSite): void {
  let product: Awaited<ReturnType<typeof logster>>;
  const alertsOf = async (endpoint: string): Promise<readonly Alert[]> =>
    (await json<{ alerts: Alert[] }>(`${product.addresses['api']}/alerts?endpoint_id=${endpoint}`)).alerts;

  const here = site();
  beforeAll(async () => {
    product = await logster(here.settings);
  }, 120_000);
  afterAll(async () => {
    await product?.close();
    await here.cleanUp();
  }, 60_000);

  test('the worked example becomes a HIGH alert with T1059.001, and a verdict resolves it', async () => {
    const { lines } = workedExample(1_772_442_000);
    await product.play([{ name: 'worked example', lines: lines.map((line) => Buffer.from(line)) }]);
    const endpoint = WORKED_EXAMPLE_HOST.toLowerCase();

    const [alert] = await answerThat(
      () => alertsOf(endpoint),
      (alerts) => alerts.some((one) => one.ttp_techniques.includes('T1059.001') && one.attack_prob >= 0.85),
    );
    expect(alert).toMatchObject({ endpoint_id: endpoint, platform: 'windows', status: 'open' });
    expect(['HIGH', 'CRITICAL']).toContain(alert!.severity);
    const powershell = alert!.techniques.find((technique) => technique.id === 'T1059.001')!;
    expect(powershell.evidence.length).toBeGreaterThan(0);

    const answer = await json<{ alert: Alert }>(`${product.addresses['api']}/feedback`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        alert_id: alert!.alert_id,
        is_true_positive: true,
        notes: 'confirmed',
        analyst: 'analyst',
      }),
    });
    expect(answer.alert).toMatchObject({ status: 'resolved', verdict: 'true_positive' });
    await answerThat(
      () => json<Alert>(`${product.addresses['api']}/alerts/${alert!.alert_id}`),
      (one) => one.status === 'resolved',
    );
  }, 120_000);

  test.each([
    ['auditd text', 'web-7', 'lin-rec-attack-revshell-bash-129-auditd.log.gz'],
    ['eBPF JSON', 'build-2', 'lin-rec-attack-revshell-bash-129-ebpf.ndjson.gz'],
  ])(
    'a recorded Linux attack from %s becomes an alert',
    async (_, host, file) => {
      await product.play([{ name: file, lines: recording(file), host }]);
      const [alert] = await answerThat(
        () => alertsOf(host),
        (alerts) => alerts.length > 0,
      );
      expect(alert).toMatchObject({ endpoint_id: host, platform: 'linux' });
      expect(alert!.attack_prob).toBeGreaterThanOrEqual(0.7);
    },
    120_000,
  );

  test('the dashboard counts what was scored', async () => {
    const summary = await answerThat(
      () => json<Record<string, number>>(`${product.addresses['dashboard']}/api/summary?from=0`),
      (figures) => (figures['total_attacks'] ?? 0) > 0,
    );
    expect(summary['total_inferences']).toBeGreaterThan(summary['total_attacks'] ?? 0);
  });
}

describe('on embedded ports', () => story(() => ({ settings: {}, cleanUp: async () => undefined })));

withServers(SERVER_VARIABLES, 'on distributed ports', (addresses) =>
  describe.each(['kafkajs', 'platformatic'])('through %s', (client) =>
    story(() => {
      const site = distributedSite(addresses);
      return { ...site, settings: { ...site.settings, LOGSTER_KAFKA__CLIENT: client } };
    }),
  ),
);
