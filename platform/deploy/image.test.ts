import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { faultOfVariable, isPinned, ROOT, textOf } from './deployment-files.ts';

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** Instructions of a Dockerfile, with continued lines joined and comments left out. */
function instructionsOf(file: string): readonly Instruction[] {
  const lines = textOf(file)
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line));
  return lines
    .join('\n')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => ({ name: line.split(' ')[0] ?? '', rest: line.slice(line.indexOf(' ') + 1) }));
}

/** Instructions of each stage, under its name. */
function stagesOf(file: string): ReadonlyMap<string, readonly Instruction[]> {
  const stages = new Map<string, Instruction[]>();
  let current: Instruction[] = [];
  for (const instruction of instructionsOf(file)) {
    if (instruction.name === 'FROM') {
      current = [];
      stages.set(instruction.rest.split(/ AS /i)[1] ?? 'image', current);
    }
    current.push(instruction);
  }
  return stages;
}

const DOCKERFILES = ['Dockerfile', 'deploy/mlflow/Dockerfile'];
const RUNS = [
  ['Dockerfile', 'logster'],
  ['Dockerfile', 'gpu'],
  ['deploy/mlflow/Dockerfile', 'image'],
] as const;
const valuesOf = (stage: readonly Instruction[] | undefined, name: string) =>
  (stage ?? []).filter((instruction) => instruction.name === name).map(({ rest }) => rest);

describe.each(DOCKERFILES)('%s', (file) => {
  test('every base is pinned, or a stage of the same file', () => {
    const stages = stagesOf(file);
    const bases = [...stages.values()].flatMap((stage) => valuesOf(stage, 'FROM'));
    const free = bases.map((base) => base.split(' ')[0] ?? '').filter((base) => !isPinned(base));
    expect(free.filter((base) => !stages.has(base))).toEqual([]);
  });

  test('ADD is not used, and lists of packages do not stay', () => {
    for (const { name, rest } of instructionsOf(file)) {
      expect(name).not.toBe('ADD');
      if (name === 'RUN' && rest.includes('apt-get install')) {
        expect(rest).toMatch(/--no-install-recommends.*rm -rf \/var\/lib\/apt\/lists/);
      }
      expect(rest).not.toMatch(/\b(sudo|curl|wget)\b/);
    }
  });
});

describe.each(RUNS)('%s, target %s', (file, target) => {
  const stage = stagesOf(file).get(target);

  test('runs as a user by number that is not root', () => {
    expect(valuesOf(stage, 'USER').at(-1)).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  test('starts its process without a shell, so that SIGTERM reaches it', () => {
    for (const name of ['ENTRYPOINT', 'CMD']) {
      for (const rest of valuesOf(stage, name)) expect(Array.isArray(JSON.parse(rest))).toBe(true);
    }
    expect(valuesOf(stage, 'ENTRYPOINT')).toHaveLength(1);
    expect(valuesOf(stage, 'STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  test('checks its health without a shell', () => {
    const [check = ''] = valuesOf(stage, 'HEALTHCHECK');
    expect(Array.isArray(JSON.parse(check.slice(check.indexOf('CMD ') + 4)))).toBe(true);
    expect(check).toMatch(/\/healthz?/);
  });

  test('sets only variables that name settings', () => {
    const names = valuesOf(stage, 'ENV').flatMap((rest) =>
      [...rest.matchAll(/(\w+)=/g)].map((match) => match[1]),
    );
    expect(names.map((name) => faultOfVariable(name ?? '')).filter(Boolean)).toEqual([]);
  });
});

test('the default target is the one without a GPU', () => {
  expect([...stagesOf('Dockerfile').keys()].at(-1)).toBe('logster');
});

test('the entry point is compiled from a file that is there', () => {
  const entry = JSON.parse(
    valuesOf(stagesOf('Dockerfile').get('logster'), 'ENTRYPOINT')[0] ?? '',
  ) as string[];
  const source = entry.at(-1)?.replace('/app/dist/', '').replace(/js$/, 'ts') ?? '';
  expect(existsSync(join(ROOT, source))).toBe(true);
});

test('secrets, stores and what a build makes stay out of the build', () => {
  const left = textOf('.dockerignore').split('\n');
  expect(left).toEqual(
    expect.arrayContaining(['.git', '.logster', '.native', 'deploy', 'dist', 'node_modules', '**/*.test.ts']),
  );
});
