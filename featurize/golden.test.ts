import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EVENT_TYPES, type EventData, type NormalizedEvent, type Platform } from '../contracts/event.ts';
import { FEATURES, type GraphBatch, type HeteroGraph } from '../contracts/graph.ts';
import { decodeBatch } from '../contracts/graph-batch.ts';
import { readManifest } from '../datasets/manifest.ts';
import { readCapture } from '../train/read-capture.ts';
import { closedWindows } from '../train/windows-of.ts';
import { encodeBatch } from './batch.ts';
import { buildGraph } from './build-graph.ts';
import { END, eventAt, panesOf, windowOf } from './graph-fixtures.ts';
import { addToPane, emptyPane, type Pane } from './pane.ts';
import { BEGIN, PANE_SECONDS, random, streamsOf } from './synthetic-stream.ts';

// A trained model knows the features as they were: order, values and names may not change by accident. Where a
// change is meant, FEATURE_VERSION rises with it and these digests are taken anew.

/** Everything that a batch says except content hashes, which only have to tell graphs apart. */
function digestOf(platform: Platform, graphs: readonly HeteroGraph[]): string {
  const batch: GraphBatch = decodeBatch(encodeBatch(platform, graphs));
  const { features, source, target, relation, count, first, last } = batch;
  const hash = createHash('sha256').update(batch.featureSchema);
  for (const { contentHash: _, ...rest } of batch.graphs) {
    hash.update(
      JSON.stringify(
        rest,
        Object.keys({ ...rest, ...rest.window, ...rest.truncated?.nodes, nodes: 0 }).sort(),
      ),
    );
  }
  for (const part of [features, source, target, relation, count, first, last]) {
    hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  }
  for (let node = 0; node < features.length / FEATURES; node++) hash.update(`${batch.nodeLabel(node)}\n`);
  for (let edge = 0; edge < source.length; edge++) hash.update(`${batch.edgeEvent(edge)}\n`);
  return hash.digest('hex').slice(0, 16);
}

test('windows of an ordinary Windows stream are what they were', () => {
  const graphs = streamsOf(3, 9, (event) => event).flatMap((stream, endpoint) => {
    const panes: Pane[] = [];
    return stream.map((events, tick) => {
      const pane = emptyPane('windows', BEGIN + tick * PANE_SECONDS);
      for (const event of events) addToPane(pane, event);
      panes.push(pane);
      const end = BEGIN + (tick + 1) * PANE_SECONDS;
      return buildGraph({ ...windowOf('windows', end), endpointId: `ws-${endpoint}` }, panes.slice(-6));
    });
  });
  expect(graphs).toHaveLength(27);
  expect(digestOf('windows', graphs)).toBe('a48e57e8734e42a3');
});

/** Events of every kind in which few process ids, with and without GUIDs, change their bearers all the time. */
function jumble(
  platform: Platform,
  seed: number,
  length: number,
  variety: number,
): readonly NormalizedEvent[] {
  const next = random(seed);
  const pick = (size: number): number => Math.floor(next() * size);
  const image = (): string =>
    platform === 'windows'
      ? `C:\\Windows\\System32\\p${pick(6)}.exe`
      : `/usr/bin/${['bash', 'nginx', 'python3', 'cat'][pick(4)]}`;
  const maybe = <T>(value: T): T | undefined => (pick(2) === 0 ? value : undefined);
  return Array.from({ length }, () => {
    const type = EVENT_TYPES[pick(EVENT_TYPES.length)] ?? 'syscall';
    const data: Record<string, unknown> = {
      process_id: maybe(1 + pick(9)),
      process_guid: platform === 'windows' ? maybe(`{G${pick(20)}}`) : undefined,
      process_start: maybe(END - pick(300)),
      image: maybe(image()),
      source_image: maybe(image()),
      command_line: maybe(`run -x ${pick(5)} "é ${pick(4)}" | sh -c 'id'`),
      original_file_name: maybe('cmd.exe'),
      user_id: maybe(String(pick(2))),
      integrity_level: maybe(['Low', 'High', 'System'][pick(3)]),
      parent_process_id: maybe(1 + pick(9)),
      parent_process_guid: platform === 'windows' ? maybe(`{G${pick(20)}}`) : undefined,
      parent_image: maybe(image()),
      target_process_id: 1 + pick(9),
      target_image: maybe(image()),
      granted_access: maybe(['0x1410', '0x1fffff'][pick(2)]),
      target_filename: `${platform === 'windows' ? 'C:\\Temp\\' : '/tmp/'}f${String.fromCharCode(97 + pick(26))}${pick(variety).toString(36)}.é`,
      image_loaded: `C:\\l${String.fromCharCode(97 + pick(26))}.dll`,
      signed: maybe(pick(2) === 0),
      target_object: `HKLM\\A\\b${pick(variety).toString(36)}`,
      details: maybe(''),
      protocol: 'tcp',
      destination_ip: `10.0.${pick(3)}.${pick(variety % 250)}`,
      destination_port: pick(4) * 1000,
      source_ip: maybe('192.0.2.7'),
      query_name: `h${pick(variety)}.example.com`,
      syscall: ['clone', 'execve', 'ptrace', 'setuid', 'open', 'fork'][pick(6)],
      success: maybe(pick(2) === 0),
      script_text: `Get-Thing ${pick(variety)}`,
      service_name: maybe(`s${pick(5)}`),
      pipe_name: '\\p',
    };
    const known = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
    return {
      ...eventAt(platform, Math.floor(next() * 180_000) / 1000, type, known as EventData),
      event_id: `e-${pick(1e9)}`,
    };
  });
}

test.each([
  ['windows', 40, '9b996038a2800fc6'],
  ['linux', 40, '090fd8e4c23db933'],
] as const)('windows of a jumble of %s events are what they were', (platform, rounds, digest) => {
  const graphs = Array.from({ length: rounds }, (_, seed) =>
    buildGraph(windowOf(platform), panesOf(platform, jumble(platform, seed, 20 + seed * 25, 200))),
  );
  expect(digestOf(platform, graphs)).toBe(digest);
});

test.each([
  ['windows', '1c7cddb031d25998'],
  ['linux', 'e48ca87fd44e90fe'],
] as const)('a window of a flood of %s events is cut as it was', (platform, digest) => {
  const graph = buildGraph(windowOf(platform), panesOf(platform, jumble(platform, 99, 45_000, 1e6)));
  expect(graph.truncated?.edges).toBeGreaterThan(0);
  expect(digestOf(platform, [graph])).toBe(digest);
});

const shared = join(import.meta.dirname, '../../shared/data/MANIFEST.json');

(existsSync(shared) ? describe : describe.skip)('captures (needs ../shared/data)', () => {
  test.each([
    ['lin-otrf-log4shell-sysmon', 'd4684a567fe11bbc'],
    ['lin-rec-attack-cred-access-132-auditd', 'e4d5ae996ed5f9ed'],
    ['lin-rec-attack-revshell-bash-129-ebpf', 'c7174b6f2bc791f6'],
    ['win-otrf-covenant_lsasecrets', 'a1f11ee953d5809b'],
    ['win-otrf-empire_bloodhound', '3339a8307d74e4c1'],
  ])('%s', async (id, digest) => {
    const { captures } = await readManifest(shared);
    const capture = captures.find((one) => one.id === id)!;
    const { byEndpoint } = await readCapture(capture);
    const graphs = [...byEndpoint.values()].flatMap((events) =>
      closedWindows(events, {}).map(({ window, panes }) => buildGraph(window, panes)),
    );
    expect(digestOf(capture.platform, graphs)).toBe(digest);
  });
});
