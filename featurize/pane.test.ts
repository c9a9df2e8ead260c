import fc from 'fast-check';
import { EVENT_TYPES, type EventData, PLATFORMS } from '../contracts/event.ts';
import { buildGraph } from './build-graph.ts';
import { eventAt, graphOf, linuxAttack, panesOf, windowOf, windowsAttack } from './graph-fixtures.ts';
import { addToPane, decodePane, emptyPane, encodePane, settlePane } from './pane.ts';

const CAST = { user: 'bo', address: '203.0.113.9' };
const STORIES = { windows: windowsAttack(CAST), linux: linuxAttack(CAST) };

describe.each(PLATFORMS)('a pane of %s', (platform) => {
  const expected = graphOf(platform, STORIES[platform]);

  test('builds an equal graph after encodePane() and decodePane(), before and after it was asked for one', () => {
    for (const prepare of [() => undefined, settlePane]) {
      const panes = panesOf(platform, STORIES[platform]);
      panes.forEach(prepare);
      expect(
        buildGraph(
          windowOf(platform),
          panes.map((pane) => decodePane(encodePane(pane))),
        ),
      ).toEqual(expected);
    }
  });

  test('takes events after a checkpoint as if there had been none, also older ones', () => {
    const events = STORIES[platform]
      .filter(({ timestamp }) => timestamp < windowOf(platform).start + 30)
      .reverse();
    for (let cut = 0; cut <= events.length; cut++) {
      const pane = emptyPane(platform, windowOf(platform).start);
      for (const event of events.slice(0, cut)) addToPane(pane, event);
      const restored = decodePane(encodePane(pane));
      for (const event of events.slice(cut)) addToPane(restored, event);
      expect(buildGraph(windowOf(platform), [restored])).toEqual(graphOf(platform, events));
    }
  });

  test('builds the same graph however often it is asked', () => {
    const panes = panesOf(platform, STORIES[platform]);
    const graphs = [1, 2, 3].map(() => buildGraph(windowOf(platform), panes));
    for (const graph of graphs) expect(graph).toEqual(expected);
  });
});

test('decodePane() refuses what is no checkpoint', () => {
  expect(() => decodePane(Buffer.from('{'))).toThrow(/no JSON/);
  expect(() => decodePane(Buffer.from('{"form":9}'))).toThrow(/form 9/);
  expect(() => decodePane(Buffer.from('null'))).toThrow(/form undefined/);
});

const TEXT_KEYS = [
  'process_guid',
  'image',
  'command_line',
  'user',
  'user_id',
  'integrity_level',
  'original_file_name',
  'parent_image',
  'parent_process_guid',
  'source_image',
  'target_image',
  'target_process_guid',
  'granted_access',
  'call_trace',
  'target_filename',
  'old_filename',
  'image_loaded',
  'signature_status',
  'device',
  'pipe_name',
  'protocol',
  'source_ip',
  'destination_ip',
  'query_name',
  'query_status',
  'registry_action',
  'target_object',
  'details',
  'wmi_query',
  'syscall',
  'script_text',
  'script_path',
  'service_name',
  'task_name',
  'share_name',
] as const;
const NUMBER_KEYS = [
  'process_id',
  'process_start',
  'parent_process_id',
  'target_process_id',
  'file_mode',
  'source_port',
  'destination_port',
] as const;

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    '',
    '-',
    '\0',
    '\ud800',
    '|',
    'a|b|c',
    '\\\\',
    '//',
    '../..',
  ),
  fc.constantFrom(
    'C:\\Windows\\System32\\cmd.exe',
    '/bin/sh',
    'sh -c "x"',
    '::1',
    '224.0.0.1',
    '0x1fffff',
    'HKLM\\A\\B',
  ),
  fc.integer({ min: 1, max: 4 }).map((kilo) => 'A%5c\\'.repeat(kilo * 20_000)),
);
const number = fc.oneof(
  fc.integer({ min: -5, max: 70_000 }),
  fc.constantFrom(0, 4, 1, 2 ** 31, Number.MAX_SAFE_INTEGER),
);
const texts = Object.fromEntries(TEXT_KEYS.map((key) => [key, text]));
const numbers = Object.fromEntries(NUMBER_KEYS.map((key) => [key, number]));
const anyData = fc.record(
  { ...texts, ...numbers, success: fc.boolean(), signed: fc.boolean() },
  { requiredKeys: [] },
);
const anyEvents = fc.array(
  fc.record({
    type: fc.constantFrom(...EVENT_TYPES),
    data: anyData,
    at: fc.double({ min: 0, max: 179, noNaN: true }),
  }),
  { maxLength: 30 },
);

test('whatever events hold, features are finite and within 4, places exist, and checkpoints are equal', () => {
  fc.assert(
    fc.property(fc.constantFrom(...PLATFORMS), anyEvents, (platform, seeds) => {
      const events = seeds.map(({ type, data, at }) => eventAt(platform, at, type, data as EventData));
      const panes = panesOf(platform, events);
      const restored = panes.map((pane) => decodePane(encodePane(pane)));
      const graph = buildGraph(windowOf(platform), panes);
      expect(graph.features.every((value) => Math.abs(value) <= 4)).toBe(true);
      const nodes = graph.nodesPerType.reduce((sum, count) => sum + count, 0);
      expect(graph.labels).toHaveLength(nodes);
      expect([...graph.source, ...graph.target].every((place) => place >= 0 && place < nodes)).toBe(true);
      expect(graph.source.every((place) => place < graph.nodesPerType[0]!)).toBe(true);
      expect(graph.eventCount).toBe(events.length);
      expect(buildGraph(windowOf(platform), restored)).toEqual(graph);
    }),
    { numRuns: 150 },
  );
});
