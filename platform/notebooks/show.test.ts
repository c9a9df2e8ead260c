import type { HeteroGraph } from '../../contracts/graph.ts';
import { graphPicture } from './graph-picture.ts';
import { DISPLAY } from './mime-bundle.ts';
import { show } from './show.ts';
import { lines } from './show-lines.ts';
import { table } from './show-table.ts';

const HOSTILE = '<img src=x onerror="alert(1)">[a](javascript:alert(1)) `|`\u001b[31m';

test('a table shows what an attacker wrote as text, in every form', async () => {
  const bundle = await table([{ name: HOSTILE, score: 0.5, none: null }])[DISPLAY]();
  const html = String(bundle['text/html']);
  expect(html).toContain('&#60;img src=x onerror=&#34;alert(1)&#34;&#62;');
  expect(html).not.toContain('<img');
  expect(String(bundle['text/markdown'])).toContain(
    '\\<img src=x onerror="alert\\(1\\)"\\>\\[a\\]\\(javascript:alert\\(1\\)\\) \\`\\|\\`',
  );
  expect(String(bundle['text/plain'])).not.toContain('\u001b');
});

test('lines show no control characters and no endless line', async () => {
  const bundle = await lines('one', `\u001b]0;title\u0007${'x'.repeat(10_000)}`)[DISPLAY]();
  expect(String(bundle['text/plain'])).toMatch(/^one\n \]0;title x{1,400}$/);
});

test('a picture comes as specification, as drawing and as words', async () => {
  const spec = {
    title: 'Two <points>',
    data: { values: [{ a: 1, b: HOSTILE }] },
    mark: 'text',
    encoding: { x: { field: 'a', type: 'quantitative' }, text: { field: 'b' } },
  };
  const bundle = await show(spec)[DISPLAY]();
  expect(bundle['application/vnd.vegalite.v5+json']).toMatchObject(spec);
  expect(bundle['image/svg+xml']).toMatch(/^<svg/);
  expect(bundle['image/svg+xml']).toContain('&lt;img src=x');
  expect(bundle['image/svg+xml']).not.toContain('<img');
  expect(bundle['text/plain']).toBe('Two <points>');
});

/** init starts sh, sh starts curl, curl reaches an address; ls stands alone and weighs nothing. */
const GRAPH: HeteroGraph = {
  window: { tenantId: 'a', endpointId: 'b', hostname: 'b', platform: 'linux', start: 0, end: 180 },
  windowId: 'w',
  nodesPerType: [4, 0, 0, 1, 0],
  features: new Float32Array(5 * 64),
  labels: ['init (1)', 'sh (2)', 'curl (3)', 'ls (4)', '198.51.100.7:443/tcp'],
  source: Int32Array.of(0, 1, 2),
  target: Int32Array.of(1, 2, 4),
  relation: Uint8Array.of(0, 0, 5),
  count: Uint32Array.of(1, 1, 6),
  first: new Float32Array(3),
  last: new Float32Array(3),
  edgeEvents: ['', '', ''],
  eventCount: 8,
  contentHash: 'h',
};

test('the picture of a graph draws what weighs most, with the processes it descends from, in layers', () => {
  const weight = Float32Array.of(0, 0, 0.5, 0, 0.2);
  const { layer } = graphPicture(GRAPH, { title: 'A graph', weight, most: 2 }) as unknown as {
    layer: { data: { values: Record<string, unknown>[] } }[];
  };
  const [edges, nodes] = layer.map(({ data }) => data.values);
  expect(Object.fromEntries(nodes?.map(({ name, layer: at }) => [name, at]) ?? [])).toEqual({
    'init (1)': 0,
    'sh (2)': 1,
    'curl (3)': 2,
    '198.51.100.7:443/tcp': 3,
  });
  expect(edges?.map(({ relation, events }) => [relation, events])).toEqual([
    ['spawned', 1],
    ['spawned', 1],
    ['connected-to', 6],
  ]);
});
