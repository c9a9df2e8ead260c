import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSteps, type Step } from './steps.ts';

let home: string;
let said: string[];
let runs: string[];
let changes: number;
beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), 'steps-')), 'home');
  said = [];
  runs = [];
  changes = 0;
});
afterEach(() => rmSync(join(home, '..'), { recursive: true }));

const progress = { say: (sentence: string) => void said.push(sentence), show: undefined };

/** A step that writes its name into each of its outputs. */
function step(name: string, part: Partial<Step> = {}): Step {
  const outputs = part.outputs ?? [name];
  return {
    name,
    title: `making ${name}`,
    inputs: 1,
    downloadBytes: 0,
    keptBytes: 0,
    outputs,
    async run(folder) {
      runs.push(name);
      for (const output of outputs) {
        mkdirSync(join(folder, output, '..'), { recursive: true });
        writeFileSync(join(folder, output), name);
      }
    },
    ...part,
  };
}

const run = (...steps: Step[]) => runSteps(home, steps, { progress, changing: () => void changes++ });

test('runSteps() puts the outputs in place, also below folders', async () => {
  await run(step('one'), step('two', { outputs: ['a/b/two'] }));
  expect(readFileSync(join(home, 'a/b/two'), 'utf8')).toBe('two');
  expect(readdirSync(home).sort()).toEqual(['a', 'one', 'steps.json']);
});

test('runSteps() does nothing twice, and then announces no change', async () => {
  await run(step('one'), step('two'));
  await run(step('one'), step('two'));
  expect(runs).toEqual(['one', 'two']);
  expect(changes).toBe(1);
  expect(said.at(-1)).toBe('every step was done before');
});

test('runSteps() does a step again when its inputs change or its output is gone', async () => {
  await run(step('one'), step('two'));
  rmSync(join(home, 'two'));
  await run(step('one', { inputs: 2 }), step('two'));
  expect(runs).toEqual(['one', 'two', 'one', 'two']);
});

test('runSteps() does a step again whose output lay in a folder that an earlier one replaced', async () => {
  const outer = (inputs: number) =>
    step('outer', {
      inputs,
      outputs: ['folder'],
      run: async (folder) => void mkdirSync(join(folder, 'folder')),
    });
  await run(outer(1), step('inner', { outputs: ['folder/inner'] }));
  await run(outer(2), step('inner', { outputs: ['folder/inner'] }));
  expect(readFileSync(join(home, 'folder/inner'), 'utf8')).toBe('inner');
});

test('a step that fails leaves nothing of itself, and those before it stay done', async () => {
  const broken = step('two', {
    run: async (folder) => {
      writeFileSync(join(folder, 'two'), 'half');
      throw new Error('no network');
    },
  });
  await expect(run(step('one'), broken)).rejects.toThrow('no network');
  expect(readdirSync(home).sort()).toEqual(['one', 'steps.json']);
  await run(step('one'), step('two'));
  expect(runs).toEqual(['one', 'two']);
});

test('runSteps() deletes what no step makes any more', async () => {
  await run(step('one'), step('cuda', { outputs: ['nvidia'] }));
  await run(step('one'));
  expect(existsSync(join(home, 'nvidia'))).toBe(false);
  expect(changes).toBe(2);
});

test('runSteps() refuses before it begins when the disk is too small', async () => {
  await expect(run(step('one', { keptBytes: 1e18 }))).rejects.toThrow(/GB of disk are needed/);
  expect(runs).toEqual([]);
});
