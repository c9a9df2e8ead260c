import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HeteroGraph } from '../../contracts/graph.ts';
import { buildGraph } from '../../featurize/build-graph.ts';
import { linuxAttack, panesOf, windowOf } from '../../featurize/graph-fixtures.ts';
import type { KeptGraph } from '../../ports/graphs/graphs.ts';
import { addressOf, sha256Of, type VersionManifest } from '../version/manifest.ts';
import { readVersion } from '../version/read.ts';
import { verifyVersion } from '../version/verify.ts';
import { builtOf, START } from '../version/version-fixtures.ts';
import { keptOf, verdictOf } from './feedback-fixtures.ts';
import type { FeedbackInput } from './part.ts';
import { readFeedbackExamples, readFeedbackRows } from './read.ts';
import { encodeFeedbackRows, type KeptFeedbackRow } from './rows-file.ts';

const YEAR = 31_536_000;
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A graph of the first events of a linux attack on an endpoint, `later` seconds after the other fixtures. */
function graphOf(events: number, endpointId = 'desk', later = YEAR): HeteroGraph {
  const { start, end, ...window } = windowOf('linux');
  const told = linuxAttack({ user: 'mallory', address: '203.0.113.9' }).slice(0, events);
  const built = buildGraph(
    { ...window, endpointId, hostname: endpointId, start, end },
    panesOf('linux', told),
  );
  return { ...built, window: { ...built.window, tenantId: 'acme', start: start + later, end: end + later } };
}

const kept = [1, 2, 3].map((events) => keptOf(`w${events}`, graphOf(events, `desk${events}`)));

function feedbackOn(graphs: readonly KeptGraph[], differing: Partial<FeedbackInput> = {}): FeedbackInput {
  return {
    verdicts: [verdictOf('f1', { inference_ids: graphs.map((one) => one.inferenceId) })],
    windows: graphs.map(({ bytes: _, ...window }) => ({ ...window, processes: [] })),
    graphs: { get: async (ids) => graphs.filter((one) => ids.includes(one.inferenceId)) },
    accepted: [],
    ...differing,
  };
}

async function built(feedback?: FeedbackInput) {
  const version = await builtOf([{}, {}, {}, {}], feedback && { feedback });
  folders.push(version.captures);
  return version;
}

const wrong = async (folder: string) =>
  (await verifyVersion(folder)).filter((one) => one.wrong !== null).map((one) => `${one.name}: ${one.wrong}`);

/** Rewrites the rows of feedback and gives the version the address of its new content, as a careful forger would. */
async function forge(
  folder: string,
  change: (row: KeptFeedbackRow) => KeptFeedbackRow,
  more: (manifest: VersionManifest) => void = () => undefined,
): Promise<string> {
  const bytes = encodeFeedbackRows((await readFeedbackRows(folder)).map(change));
  const manifest: VersionManifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  manifest.content.files['feedback.parquet'] = { sha256: sha256Of(bytes), bytes: bytes.byteLength };
  more(manifest);
  const id = addressOf(manifest.content);
  for (const name of ['feedback.parquet', 'manifest.json']) chmodSync(join(folder, name), 0o644);
  writeFileSync(join(folder, 'feedback.parquet'), bytes);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, id }));
  const renamed = join(dirname(folder), id);
  renameSync(folder, renamed);
  return renamed;
}

test('feedback becomes weighed rows with the graphs that were scored, and verify finds nothing wrong', async () => {
  const { folder, feedback } = await built(feedbackOn(kept));
  expect(await wrong(folder)).toEqual([]);
  expect(feedback).toMatchObject({
    rows: 3,
    verdicts: 1,
    analysts: 1,
    modelVersions: ['1'],
    review: [],
    platforms: { linux: { corpus: { attack: 2, benign: 6 }, windows: { attack: 0, benign: 3 } } },
  });
  const examples = await readFeedbackExamples(folder, 'linux');
  expect(await readFeedbackExamples(folder, 'windows')).toEqual([]);
  expect(examples.map((one) => one.content.window.endpointId)).toEqual(['desk1', 'desk2', 'desk3']);
  examples.forEach(({ content, weight, graph }, place) => {
    const made = graphOf(place + 1, `desk${place + 1}`);
    expect(content.contentHash).toBe(graph);
    expect(content.features).toEqual(made.features);
    expect([content.source, content.target, content.relation]).toEqual([
      made.source,
      made.target,
      made.relation,
    ]);
    expect([content.window.start, content.window.hostname]).toEqual([made.window.start, '']);
    expect(weight).toBeCloseTo(0.4); // 5 % of eight captured windows, on each of three endpoints
  });
});

test('equal verdicts give the same version; without verdicts it is the version that it always was', async () => {
  const one = await built(feedbackOn(kept));
  expect((await built(feedbackOn(kept.toReversed()))).id).toBe(one.id);
  expect((await built(feedbackOn(kept.slice(1)))).id).not.toBe(one.id);
  const without = await built();
  expect(without.id).not.toBe(one.id);
  expect(Object.keys((await readVersion(without.folder)).content)).not.toContain('feedback');
  expect(await readFeedbackExamples(without.folder, 'linux')).toEqual([]);
  const rows = (await readVersion(one.folder)).rows;
  expect(rows).toEqual((await readVersion(without.folder)).rows); // what judges is the same
});

test('a version that was built before there was feedback keeps its id', async () => {
  const { content } = await readVersion((await built()).folder);
  expect(addressOf({ ...content, featureSchema: { linux: 'then' } })).toBe('968a776128bc26d013d548aa');
});

test('windows near a judging capture, or with a graph of one, are left out', async () => {
  const near = keptOf('near', graphOf(4, 'h0.example', START + 280 - windowOf('linux').start));
  const later = keptOf('later', graphOf(4, 'h0', START + 291 - windowOf('linux').start));
  const { feedback } = await built(feedbackOn([near, ...kept]));
  expect(feedback?.leftOut).toEqual({ 'near a capture in machine and time': 1 });
  expect((await built(feedbackOn([later, ...kept]))).feedback?.rows).toBe(4);
  const same = { ...kept[0]!, contentHash: 'graph c1 0' };
  expect((await built(feedbackOn([same]))).feedback?.leftOut).toEqual({ 'a capture has the same graph': 1 });
});

test('a kept graph that is gone, or is not what its hash says, is left out', async () => {
  const damaged = { ...kept[1]!, bytes: kept[2]!.bytes };
  const some = feedbackOn([kept[0]!, damaged]);
  const gone = { ...some, graphs: { get: async () => [damaged] } };
  expect((await built(gone)).feedback?.leftOut).toEqual({ 'no graph kept': 2 });
});

test('accepting what is not on the review list is refused', async () => {
  await expect(built(feedbackOn(kept, { accepted: ['f1'] }))).rejects.toThrow(/f1 is not on the review list/);
});

test.each(['feedback.parquet', 'feedback-graphs.arrow'])('a changed %s is found', async (name) => {
  const { folder } = await built(feedbackOn(kept));
  const bytes = readFileSync(join(folder, name));
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  chmodSync(join(folder, name), 0o644);
  writeFileSync(join(folder, name), bytes);
  expect(await wrong(folder)).toEqual([expect.stringMatching(new RegExp(`^files: ${name} was changed`))]);
});

test('a weight above the caps is found, and so are caps above the usual ones', async () => {
  const { folder } = await built(feedbackOn(kept));
  const heavy = await forge(folder, (row) => ({ ...row, weight: row.weight * 1.01 }));
  expect(await wrong(heavy)).toEqual([
    expect.stringMatching(/^feedback weights: Window w1 counts 0.40\d*, its caps allow 0.4/),
  ]);
  const other = await built(feedbackOn(kept));
  const lax = await forge(
    other.folder,
    (row) => row,
    ({ content }) => {
      content.feedback!.caps.endpoint = 0.9;
    },
  );
  expect(await wrong(lax)).toEqual([expect.stringMatching(/^feedback weights: Its cap "endpoint" is 0.9/)]);
});

test('a planted leak is found: a window of a judged machine and time, and a graph of a judged window', async () => {
  const one = await built(feedbackOn(kept));
  const near = await forge(one.folder, (row) => ({
    ...row,
    endpointId: 'H0',
    start: START,
    end: START + 180,
  }));
  expect(await wrong(near)).toContainEqual(
    expect.stringMatching(/^feedback split: The split leaks: window w1 .*near a capture/),
  );
  const two = await built(feedbackOn(kept));
  const equal = await forge(two.folder, (row) => ({ ...row, graph: 'graph c0 0' }));
  expect(await wrong(equal)).toEqual([
    expect.stringMatching(/^feedback graphs: The graph of window w1 is not/),
    expect.stringMatching(/^feedback split: .*a capture has the same graph/),
  ]);
});

test('rows that rest on a verdict that waits for review are found', async () => {
  const { folder } = await built(feedbackOn(kept));
  const forged = await forge(
    folder,
    (row) => row,
    ({ content }) => {
      content.feedback!.review.push({ feedbackId: 'f1', reasons: ['x'], withholds: 'all', accepted: false });
    },
  );
  expect(await wrong(forged)).toEqual([expect.stringMatching(/^feedback weights: Window w1 rests on f1/)]);
});
