import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { folderRegistry } from '../../ports/registry/embedded.ts';
import { heldBackSessions, SESSIONS } from '../../train/gate/gate-fixtures.ts';
import { projectRoot } from '../root.ts';
import { addModelVersionsCommand } from './model-versions.ts';

import.meta.jest.setTimeout(180_000);

const suite = existsSync(join(projectRoot(), 'dist/serve/scorer.js')) ? describe : describe.skip;
const NAME = 'logster-linux-gat';

suite('logster models (needs dist/, which `npm test` builds)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'logster-models-'));
  const root = join(folder);
  const data = join(folder, 'data');
  const frozen = join(folder, 'FROZEN.json');
  const registry = folderRegistry({ directory: join(data, 'registry') });

  /** Runs `logster models …` and gives what it prints and its exit code. */
  async function models(args: readonly string[], settings: Record<string, string> = {}) {
    const out: string[] = [];
    const err: string[] = [];
    const { stdout, stderr } = process;
    const [print, say] = [stdout.write, stderr.write];
    stdout.write = ((text: string) => out.push(String(text)) > 0) as typeof stdout.write;
    stderr.write = ((text: string) => err.push(String(text)) > 0) as typeof stderr.write;
    process.exitCode = undefined;
    try {
      const program = new Command().exitOverride();
      addModelVersionsCommand(program, { root, environment: { LOGSTER_DATA: data, ...settings } });
      await program.parseAsync(['models', ...args], { from: 'user' });
    } finally {
      Object.assign(stdout, { write: print });
      Object.assign(stderr, { write: say });
    }
    const code = process.exitCode ?? 0;
    process.exitCode = undefined;
    return { code, out: out.join(''), err: err.join('') };
  }
  const aliased = async (alias: 'champion' | 'challenger' | 'previous') =>
    (await registry.alias(NAME, alias))?.version;

  beforeAll(async () => {
    for (const one of ['models', 'dist']) symlinkSync(join(projectRoot(), one), join(root, one));
    const chosen = new Map((await heldBackSessions(5, 4)).map(({ id, file }) => [id, file]));
    const { captures }: { captures: { id: string }[] } = JSON.parse(readFileSync(SESSIONS, 'utf8'));
    const few = captures
      .filter(({ id }) => chosen.has(id))
      .map((one) => ({ ...one, file: chosen.get(one.id) }));
    writeFileSync(frozen, JSON.stringify({ captures: few }));
    await models(['list']); // registers what ships
    const shipped = join(root, 'models/linux');
    const files = Object.fromEntries(
      readdirSync(shipped).map((one) => [one, readFileSync(join(shipped, one))]),
    );
    const again = { ...files, 'card.md': Buffer.from('# Trained again') };
    for (let n = 2; n <= 3; n++)
      await registry.register(NAME, { files: again, tags: { data: 'd1' }, metrics: { prAuc: 0.7 } });
    await registry.setAlias(NAME, 'challenger', '2');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('list shows every version with its alias, origin and figures; show has card, files and history', async () => {
    const { out } = await models(['list']);
    expect(out).toMatch(/logster-windows-gat@1 +champion .* shipped .* 0\.994 .* not judged/);
    expect(out).toMatch(/logster-linux-gat@2 +challenger .* trained +d1 +0\.700/);
    const one = await models(['show', '@2', '--platform', 'linux']);
    expect(one.out).toMatch(/^# Trained again/);
    expect(one.out).toMatch(/weights\.bin +372872 +[0-9a-f]{64}/);
    expect(one.out).toMatch(/Nothing was done with this model/);
    expect(JSON.parse((await models(['show', `${NAME}@2`, '--json'])).out)).toMatchObject({
      version: '2',
      aliases: ['challenger'],
    });
    await expect(models(['show', '2'])).rejects.toMatchObject({
      code: 'input-invalid',
      message: expect.stringMatching(/of which model/),
    });
    await expect(models(['show', 'sparrow@2'])).rejects.toMatchObject({ code: 'not-found' });
  });

  test('what was never judged is refused with 3 and nothing moves', async () => {
    const { code, err, out } = await models(['promote', '--why', 'try', '--yes']);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toMatch(/linux-gat@2 was never judged; `logster models bless logster-linux-gat@2`/);
    expect(await aliased('champion')).toBe('1');
    expect(await registry.history(NAME)).toEqual([]);
    await expect(models(['promote', '--yes'])).rejects.toMatchObject({
      code: 'commander.missingMandatoryOptionValue',
    });
  });

  test('bless judges against the champion on the frozen captures, and promote then asks and moves', async () => {
    const page = join(folder, 'bless.html');
    const judged = await models(['bless', '--frozen', frozen, '--by', 'ada', '--page', page]);
    expect(judged.out).toMatch(/linux-gat@2 against @1, on 9 frozen captures: \d+ attack windows of 5 runs/);
    expect(judged.out).toMatch(/PR-AUC of windows +0\.\d{3} +0\.\d{3} +0\.000 \(0\.000 to 0\.000\)/);
    expect(judged.out).toMatch(/Passed: nothing speaks against it\.\n$/);
    expect(judged.code).toBe(0);
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>/);

    const asked = await models(['promote', '--why', 'better']);
    expect(asked.code).toBe(4);
    expect(asked.err).toMatch(/Nothing was changed/);
    const would = await models(['promote', '--why', 'better', '--dry-run']);
    expect(would).toMatchObject({
      code: 0,
      out: 'Would promote: logster-linux-gat@2 serves instead of @1\n',
    });
    expect(await aliased('champion')).toBe('1');

    const done = await models([
      'promote',
      'challenger',
      '--platform',
      'linux',
      '--why',
      'better',
      '--by',
      'ada',
      '--yes',
    ]);
    expect(done.out).toMatch(/^Promoted: logster-linux-gat@2 serves instead of @1\. .*logster_model_info/);
    expect([await aliased('champion'), await aliased('previous'), await aliased('challenger')]).toEqual([
      '2',
      '1',
      undefined,
    ]);
    const { out } = await models(['show', '--platform', 'linux']);
    expect(out).toMatch(/\* +[-\d]+ [\d:]+ +promoted +@2 from @1 +ada +better/);
  });

  test('a blessing against a former champion does not count; --force goes past it and says so', async () => {
    const old = (await registry.attached(NAME, '2', 'bless.json'))!;
    await registry.attach(NAME, '3', 'bless.json', old);
    const refused = await models(['promote', 'linux@3', '--why', 'hurry', '--yes', '--json']);
    expect(refused.code).toBe(3);
    expect(JSON.parse(refused.out)).toMatchObject({
      promoted: false,
      problems: [expect.stringMatching(/of other files/)],
    });
    const forced = await models([
      'promote',
      'linux@3',
      '--why',
      'hurry',
      '--yes',
      '--force',
      '--by',
      'ada',
      '--json',
    ]);
    expect(JSON.parse(forced.out)).toEqual({ promoted: true, name: NAME, from: '2', to: '3', forced: true });
    expect((await registry.history(NAME)).at(-1)?.why).toMatch(
      /^forced past the gate \(.*other files.*\): hurry$/,
    );
  });

  test('rollback brings the one before back, and there is only one step', async () => {
    const back = await models(['rollback', '--platform', 'linux', '--yes', '--why', 'noise', '--by', 'bob']);
    expect(back.out).toMatch(/^Rolled back: logster-linux-gat@2 serves instead of @3/);
    expect((await registry.history(NAME)).at(-1)).toMatchObject({
      change: 'rolled-back',
      version: '2',
      from: '3',
      by: 'bob',
      why: 'noise',
    });
    await expect(models(['rollback', 'linux', '--yes'])).rejects.toMatchObject({ code: 'not-found' });
  });

  test('with models.second_approval another person must agree, --force or not', async () => {
    const two = { LOGSTER_MODELS__SECOND_APPROVAL: 'true' };
    const promote = ['promote', 'linux@3', '--why', 'x', '--yes', '--force', '--by', 'ada'];
    const alone = await models(promote, two);
    expect(alone.code).toBe(3);
    expect(alone.err).toMatch(/A second person must agree .* by another than ada/);
    await models(['approve', 'linux@3', '--why', 'looked at it', '--by', 'ada', '--yes'], two);
    expect((await models(promote, two)).code).toBe(3);
    await models(['approve', 'linux@3', '--why', 'looked at it', '--by', 'bob', '--yes'], two);
    expect((await models(promote, two)).code).toBe(0);
    expect(await aliased('champion')).toBe('3');
  });

  test('retire marks what no alias names, and what is retired is not promoted', async () => {
    await expect(models(['retire', 'linux@3', '--yes'])).rejects.toMatchObject({ code: 'conflict' });
    await models(['retire', 'linux@1', '--yes', '--why', 'old', '--by', 'ada']);
    expect((await models(['list', '--platform', 'linux'])).out).toMatch(/logster-linux-gat@1 +retired/);
    const again = models(['promote', 'linux@1', '--why', 'x', '--yes', '--force']);
    await expect(again).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/retired by ada \(old\)/),
    });
  });
});
