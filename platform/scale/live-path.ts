import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RESULTS_TOPIC } from '../../contracts/topics.ts';
import { encodeBatch } from '../../featurize/batch.ts';
import { buildGraph } from '../../featurize/build-graph.ts';
import { batchSender } from '../../featurize/send-batches.ts';
import type { ClosedWindow } from '../../featurize/window.ts';
import type { Bus, Received } from '../../ports/bus/bus.ts';
import { systemClock } from '../../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { serve } from '../../serve/serve.ts';
import { median } from '../bench/rounds.ts';
import { readConfig } from '../config.ts';
import { openPorts } from '../open-ports.ts';
import { asideSettings } from '../product-process.ts';
import { registerShippedModels } from '../shipped-models.ts';
import { keepSettings } from '../wire.ts';
import { readAll } from './product-sizes.ts';

/** The product's own sender, queue, scorer and log, with one scorer and nothing before them. */
export interface LivePath {
  /** Sends windows, `perSecond` of them within `spreadSeconds` after each whole second; gives each one's delay. */
  play(
    windows: readonly ClosedWindow[],
    perSecond: number,
    spreadSeconds: number,
  ): Promise<readonly number[]>;
  /** All results so far, as messages. */
  results(): Promise<readonly Received[]>;
  close(): Promise<void>;
}

const PATIENCE_MS = 60_000;

/** Opens it on embedded ports in a folder of its own. */
export async function livePath(root: string): Promise<LivePath> {
  const directory = mkdtempSync(join(tmpdir(), 'logster-scale-'));
  const telemetry = recordedTelemetry();
  const config = readConfig(asideSettings(directory), root);
  const ports = await openPorts(config, telemetry);
  await registerShippedModels(ports.registry, join(root, 'models'), telemetry.log);
  const needs = { ...ports, telemetry, clock: systemClock };
  const stage = await serve({
    ...needs,
    options: {
      ...{ scorers: 1, backend: 'wasm', scorerScript: join(root, 'dist/serve/scorer.js') },
      keep: keepSettings(config),
    },
  });
  const sender = batchSender({ ...needs, onFull: () => undefined });
  return {
    async play(windows, perSecond, spreadSeconds) {
      const before = (await readResults(ports.bus)).length;
      const tickOf = new Map<string, number>();
      const begin = Date.now() / 1000 + 0.1;
      await Promise.all(
        windows.map(async (closed, place) => {
          const tick = begin + Math.floor(place / perSecond);
          const at = tick + ((place % perSecond) / perSecond) * spreadSeconds;
          tickOf.set(nameOf(closed.window.endpointId, closed.window.end), tick);
          await new Promise((resolve) => setTimeout(resolve, Math.max(0, at * 1000 - Date.now())));
          await sender.send([closed]);
        }),
      );
      const found = await resultsUntil(ports.bus, before + windows.length);
      return found.slice(before).flatMap(({ publishedAt, value }) => {
        const { endpoint_id, window_end } = JSON.parse(value.toString()) as {
          endpoint_id: string;
          window_end: number;
        };
        const tick = tickOf.get(nameOf(endpoint_id, window_end));
        return tick === undefined ? [] : [publishedAt - tick];
      });
    },
    results: () => readResults(ports.bus),
    async close() {
      await sender.close();
      await stage.close();
      await ports.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const nameOf = (endpoint: string, end: number): string => `${endpoint}/${end}`;

async function resultsUntil(bus: Bus, count: number): Promise<readonly Received[]> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await readResults(bus);
    if (found.length >= count || Date.now() > deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** In the order in which they were published. */
async function readResults(bus: Bus): Promise<readonly Received[]> {
  const found = await readAll(bus, RESULTS_TOPIC);
  return found.toSorted((a, b) => a.publishedAt - b.publishedAt);
}

/** What the simulation must be told of this machine. */
export interface Calibration {
  readonly buildSeconds: number; // per window
  readonly scoreSeconds: number; // per window, scoring and its result
  readonly batchSeconds: number; // per batch, beside its windows
}

const ALONE = 8;
const TOGETHER = 64;

/**
 * Costs of a window and of a batch, from windows sent alone and 64 at a time: what 64 take more than one is that of 63.
 */
export async function calibrate(
  path: LivePath,
  take: (count: number) => readonly ClosedWindow[],
): Promise<Calibration> {
  await path.play(take(TOGETHER), TOGETHER, 0); // compiles, and fills caches
  const alone = median(await path.play(take(ALONE), 1, 0));
  const together: number[] = [];
  for (let round = 0; round < 3; round++)
    together.push(Math.max(...(await path.play(take(TOGETHER), TOGETHER, 0))));
  const buildSeconds = secondsToBuild(take(TOGETHER));
  const perWindow = Math.max(0, median(together) - alone) / (TOGETHER - 1);
  const scoreSeconds = Math.max(0, perWindow - buildSeconds);
  return { buildSeconds, scoreSeconds, batchSeconds: Math.max(0, alone - 0.2 - perWindow) };
}

function secondsToBuild(windows: readonly ClosedWindow[]): number {
  const begun = performance.now();
  const graphs = windows.map(({ window, panes }) => buildGraph(window, panes));
  encodeBatch('windows', graphs);
  return (performance.now() - begun) / 1000 / windows.length;
}
