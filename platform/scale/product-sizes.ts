import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALERTS_TOPIC, RESULTS_TOPIC, TOPICS } from '../../contracts/topics.ts';
import { captureLines } from '../../datasets/captures.ts';
import { workedExample } from '../../datasets/worked-example/worked-example.ts';
import type { Bus, Received } from '../../ports/bus/bus.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { start } from '../commands/start.ts';
import { readConfig } from '../config.ts';
import { openPorts } from '../open-ports.ts';
import { asideSettings } from '../product-process.ts';
import { replay } from '../replay.ts';

/** What the product published of the worked example and the recorded attacks. */
export interface ProductMessages {
  readonly results: readonly Received[];
  readonly alerts: readonly Received[];
}

const RECORDINGS = [
  ['db-1', 'lin-rec-attack-revshell-bash-129-auditd.log.gz'],
  ['app-3', 'lin-rec-attack-persist-cron-systemd-133-ebpf.ndjson.gz'],
] as const;
const BEGIN = 1_772_442_000;
/** Techniques come a little after the alert; then nothing more does. */
const QUIET_SECONDS = 6;
const PATIENCE_SECONDS = 60;

/** Runs ingest to index on embedded ports in this process and reads what lies in the topics behind. */
export async function productMessages(root: string): Promise<ProductMessages> {
  const directory = mkdtempSync(join(tmpdir(), 'logster-sizes-'));
  const config = readConfig(asideSettings(directory), root);
  const running = await start({
    ...{ config, root, demo: false, say: () => undefined },
    stages: ['ingest', 'featurize', 'serve', 'alerting', 'index'],
  });
  const ports = await openPorts(config, recordedTelemetry(), { only: ['bus'] });
  try {
    const recordings = [
      { name: 'worked example', lines: workedExample(BEGIN).lines.map((line) => Buffer.from(line)) },
      ...RECORDINGS.map(([host, file]) => ({
        ...{ name: file, host },
        lines: captureLines(join(root, 'datasets', 'recordings', file)),
      })),
    ];
    await replay({
      bus: ports.bus,
      recordings,
      speed: Number.POSITIVE_INFINITY,
      now: false,
      closeWindows: true,
    });
    return await whenQuiet(ports.bus);
  } finally {
    await ports.close();
    await running.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function whenQuiet(bus: Bus): Promise<ProductMessages> {
  const deadline = Date.now() + PATIENCE_SECONDS * 1000;
  let found: ProductMessages = { results: [], alerts: [] };
  for (let changedAt = Date.now(); ; ) {
    const [results, alerts] = [await readAll(bus, RESULTS_TOPIC), await readAll(bus, ALERTS_TOPIC)];
    if (results.length + alerts.length > found.results.length + found.alerts.length) changedAt = Date.now();
    found = { results, alerts };
    const isQuiet = alerts.length > 0 && Date.now() - changedAt > QUIET_SECONDS * 1000;
    if (isQuiet || Date.now() > deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Everything that lies in a topic, partition by partition. */
export async function readAll(
  bus: Bus,
  topic: typeof RESULTS_TOPIC | typeof ALERTS_TOPIC,
): Promise<readonly Received[]> {
  const found: Received[] = [];
  for (let partition = 0; partition < TOPICS[topic].partitions; partition++) {
    for (let offset = 0; ; ) {
      const page = await bus.read(topic, partition, offset, 1000);
      if (page.length === 0) break;
      found.push(...page);
      offset = (page.at(-1)?.offset ?? offset) + 1;
    }
  }
  return found;
}
