import type { RegistryPlace } from './registry.contract.ts';
import type { HistoryEntry, Registry } from './registry.ts';

const NAME = 'logster-linux-gat';
const MODEL = { files: { 'weights.bin': Buffer.from('weights') }, tags: {}, metrics: {} };

const entry = (given: Partial<HistoryEntry> = {}): HistoryEntry => ({
  at: 1_700_000_000.25,
  change: 'promoted',
  version: '1',
  from: null,
  by: 'ada',
  why: 'fewer false alarms',
  ...given,
});

/** What every implementation promises of reports and of a model's history. */
export function historyContract(emptyPlace: RegistryPlace): void {
  const opened: Registry[] = [];
  const openTwice = async (): Promise<readonly [Registry, Registry]> => {
    const open = await emptyPlace();
    const pair = [await open(), await open()] as const;
    opened.push(...pair);
    await pair[0].register(NAME, MODEL);
    return pair;
  };
  afterEach(async () => {
    for (const registry of opened.splice(0)) await registry.close();
  });

  test('a report stands beside a version, is read by others and may be replaced', async () => {
    const [registry, other] = await openTwice();
    await registry.register(NAME, MODEL);
    expect(await registry.attached(NAME, '1', 'bless.json')).toBeUndefined();
    await registry.attach(NAME, '1', 'bless.json', Buffer.from('a longer first report'));
    await registry.attach(NAME, '1', 'bless.html', Buffer.from([0, 255, 10, 13]));
    expect((await other.attached(NAME, '1', 'bless.json'))?.toString()).toBe('a longer first report');
    expect(await other.attached(NAME, '1', 'bless.html')).toEqual(Buffer.from([0, 255, 10, 13]));
    expect(await other.attached(NAME, '2', 'bless.json')).toBeUndefined();
    await other.attach(NAME, '1', 'bless.json', Buffer.from('second'));
    expect((await registry.attached(NAME, '1', 'bless.json'))?.toString()).toBe('second');
    expect((await registry.version(NAME, '1')).files.map((one) => one.name)).toEqual(['weights.bin']);
  });

  test('a report of a version that is not there, or of a name that could leave its place, is refused', async () => {
    const [registry] = await openTwice();
    const bytes = Buffer.from('x');
    const missing = { code: 'not-found', message: expect.stringContaining('it has 1') };
    await expect(registry.attach(NAME, '7', 'bless.json', bytes)).rejects.toMatchObject(missing);
    await expect(registry.attached(NAME, '7', 'bless.json')).rejects.toMatchObject(missing);
    const outside = { code: 'input-invalid' };
    await expect(registry.attach(NAME, '1', '../manifest.json', bytes)).rejects.toMatchObject(outside);
    await expect(registry.attached(NAME, '1', '../manifest.json')).rejects.toMatchObject(outside);
  });

  test('a history is read oldest first, by everyone, and only grows', async () => {
    const [registry, other] = await openTwice();
    const lines = [
      entry({ at: 1_700_000_000.25, change: 'blessed', why: '' }),
      entry({ at: 1_700_000_001, why: 'line\nbreak, "quotes" and ünïcode 😀' }),
      entry({ at: 1_700_000_002.5, change: 'rolled-back', from: '1', why: 'x'.repeat(2000) }),
    ];
    for (const one of [lines[1]!, lines[2]!, lines[0]!]) await registry.record(NAME, one);
    expect(await other.history(NAME)).toEqual(lines);
    await other.record(NAME, lines[1]!);
    expect(await registry.history(NAME)).toEqual([lines[0], lines[1], lines[1], lines[2]]);
  });

  test('of lines that two write at once none is lost', async () => {
    const pair = await openTwice();
    const lines = Array.from({ length: 16 }, (_, n) => entry({ why: `line ${n}` }));
    await Promise.all(lines.map((one, n) => pair[n % 2]!.record(NAME, one)));
    const kept = (await pair[0].history(NAME)).map((one) => one.why).sort();
    expect(kept).toEqual(lines.map((one) => one.why).sort());
  });

  test('what could not be read back is refused, and so is a line of a version that is not there', async () => {
    const [registry] = await openTwice();
    const nonsense: HistoryEntry[] = [
      entry({ by: '' }),
      entry({ at: Number.NaN }),
      entry({ at: -1 }),
      entry({ change: 'praised' as HistoryEntry['change'] }),
      entry({ why: 'x'.repeat(2001) }),
      entry({ why: '\u0001'.repeat(2000) }),
    ];
    for (const one of nonsense)
      await expect(registry.record(NAME, one)).rejects.toMatchObject({ code: 'input-invalid' });
    const missing = { code: 'not-found', message: expect.stringContaining('it has 1') };
    await expect(registry.record(NAME, entry({ version: '7' }))).rejects.toMatchObject(missing);
    expect(await registry.history(NAME)).toEqual([]);
  });

  test('a model without versions has no history and takes none', async () => {
    const [registry] = await openTwice();
    const none = { code: 'not-found', message: expect.stringContaining('none of this model') };
    expect(await registry.history('logster-windows-gat')).toEqual([]);
    await expect(registry.record('logster-windows-gat', entry())).rejects.toMatchObject(none);
    await expect(registry.history('../outside')).rejects.toMatchObject({ code: 'input-invalid' });
    await expect(registry.record('../outside', entry())).rejects.toMatchObject({ code: 'input-invalid' });
  });

  test('a closed registry neither takes nor gives reports and history', async () => {
    const [registry] = await openTwice();
    await registry.close();
    const closed = { code: 'closed' };
    await expect(registry.history(NAME)).rejects.toMatchObject(closed);
    await expect(registry.record(NAME, entry())).rejects.toMatchObject(closed);
    await expect(registry.attached(NAME, '1', 'a')).rejects.toMatchObject(closed);
    await expect(registry.attach(NAME, '1', 'a', Buffer.from('x'))).rejects.toMatchObject(closed);
  });
}
