import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert } from '../contracts/alert.ts';
import { GROUPS } from '../contracts/topics.ts';
import { captureLines } from '../datasets/captures.ts';
import { workedExample } from '../datasets/worked-example/worked-example.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { readConfig } from './config.ts';
import { openPorts, type Ports } from './open-ports.ts';
import { asideSettings, startProduct } from './product-process.ts';
import { type Recording, replay } from './replay.ts';
import { projectRoot } from './root.ts';

const root = projectRoot();
/** The replay lasts about eight seconds, so that kills fall into the middle of it. */
const SPEED = 40;

const recordings = (): Recording[] => [
  { name: 'worked example', lines: workedExample(1_772_442_000, 120).lines.map((line) => Buffer.from(line)) },
  ...(['revshell-bash-129-auditd.log.gz', 'revshell-bash-129-ebpf.ndjson.gz'] as const).map(
    (file, place) => ({
      name: file,
      lines: captureLines(join(root, 'datasets', 'recordings', `lin-rec-attack-${file}`)),
      host: `host-${place}`,
    }),
  ),
];

/** What a run leaves behind for people: which windows were scored, and which alerts stand. */
interface Outcome {
  readonly inferences: readonly string[];
  readonly alerts: readonly object[];
}

async function outcomeOf({ documents, alerts }: Ports): Promise<Outcome> {
  const { documents: found } = await documents.search('logster-inferences', { limit: 10_000 });
  const { alerts: listed } = await alerts.list({}, { limit: 1000, offset: 0 });
  return {
    inferences: found.map((body) => String(body.inference_id)).sort(),
    alerts: listed.map(comparable).sort((a, b) => (a.key < b.key ? -1 : 1)),
  };
}

/** Without what belongs to the wall clock of a run. */
function comparable(alert: Alert) {
  return {
    key: `${alert.endpoint_id} ${alert.first_seen}`,
    last_seen: alert.last_seen,
    count: alert.count,
    severity: alert.severity,
    attack_prob: alert.attack_prob,
    inferences: [...alert.inference_ids].sort(),
    techniques: [...alert.ttp_techniques].sort(),
  };
}

/** Everything that was published has been taken in, scored, alerted, explained and indexed. */
async function settled({ bus, queue, documents, alerts }: Ports): Promise<void> {
  const deadline = Date.now() + 90_000;
  let same = 0;
  let last = '';
  while (same < 8) {
    if (Date.now() > deadline) throw new Error(`not settled within 90 s: ${last}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
    const lags = await Promise.all([
      bus.lag(GROUPS.ingest, 'sysmon-logs'),
      bus.lag(GROUPS.ingest, 'linux-auditd-logs'),
      bus.lag(GROUPS.ingest, 'linux-ebpf-process-logs'),
      bus.lag(GROUPS.ingest, 'linux-ebpf-file-logs'),
      bus.lag(GROUPS.ingest, 'linux-ebpf-network-logs'),
      bus.lag(GROUPS.featurize, 'normalized-endpoint-events'),
      bus.lag(GROUPS.alerting, 'logster-inference-results'),
      bus.lag(GROUPS.index, 'logster-inference-results'),
      bus.lag(GROUPS.index, 'normalized-endpoint-events'),
    ]);
    const { waiting, active } = await queue.stats();
    const { total } = await documents.search('logster-inferences', { limit: 1 });
    const explained = (await alerts.list({}, { limit: 1000, offset: 0 })).alerts.map((one) => [
      one.updated_at,
      one.count,
    ]);
    const behind = lags.map((lag) => lag.reduce((sum, n) => sum + n, 0));
    const now = JSON.stringify({ behind, waiting, active, total, explained });
    const still = behind.every((n) => n === 0) && waiting + active === 0 && total > 0;
    same = still && now === last ? same + 1 : 0;
    last = now;
  }
}

/** Replays everything into a running product that is killed so many times at random moments. */
async function run(kills: number): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'logster-kill-'));
  const ports = await openPorts(readConfig(asideSettings(directory), root), recordedTelemetry());
  let product = startProduct(root, asideSettings(directory));
  let ended = false;
  const disturb = async (): Promise<void> => {
    for (let kill = 0; kill < kills; kill++) {
      await new Promise((resolve) => setTimeout(resolve, 1200 + Math.random() * 2500));
      if (ended) return;
      product.kill('SIGKILL');
      product = startProduct(root, asideSettings(directory));
    }
  };
  try {
    const disturbed = disturb();
    await replay({
      bus: ports.bus,
      recordings: recordings(),
      speed: SPEED,
      now: false,
      closeWindows: true,
    });
    await disturbed;
    await settled(ports);
    ended = true;
    return await outcomeOf(ports);
  } finally {
    product.kill('SIGTERM');
    await new Promise((resolve) => product.once('exit', resolve));
    await ports.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

test('kill -9 during a replay changes neither the scored windows nor the alerts', async () => {
  const undisturbed = await run(0);
  expect(undisturbed.inferences.length).toBeGreaterThan(20);
  expect(undisturbed.alerts.length).toBeGreaterThan(0);
  expect(await run(4)).toEqual(undisturbed);
}, 240_000);
