import { LogsterError } from '../../contracts/errors.ts';
import { runTool, type ToolOptions } from './run-tool.ts';

/** The C++ compiler, from $CXX or by its usual names: its words (`ccache g++` has two) and what it says of itself. */
export interface Compiler {
  readonly words: readonly [string, ...string[]];
  readonly version: string;
}

export interface Tools {
  readonly compiler: Compiler;
  readonly python: string;
}

/** Finds what the set-up needs beside Node. Throws unavailable with everything that is missing and how to get it. */
export async function findTools(options: ToolOptions): Promise<Tools> {
  const named = options.environment['CXX'];
  const compiler = await firstThatRuns(named ? [named] : ['g++', 'clang++'], ['--version'], options);
  const python = await firstThatRuns(['python3', 'python'], ['-c', 'import zipfile'], options);
  const pip = python && (await runTool(python.words[0], ['-m', 'pip', '--version'], options)).ok;
  const npm = (await runTool('npm', ['--version'], options)).ok;
  if (compiler && python && pip && npm) {
    return { compiler, python: python.words[0] };
  }
  const missing = [
    ...(compiler
      ? []
      : [{ what: named ? `the compiler that CXX names (${named})` : 'a C++ compiler', deb: 'g++' }]),
    ...(python ? [] : [{ what: 'Python 3', deb: 'python3' }]),
    ...(pip ? [] : [{ what: 'pip', deb: 'python3-pip' }]),
    ...(npm ? [] : [{ what: 'npm', deb: 'npm' }]),
  ];
  throw new LogsterError(
    'unavailable',
    `Missing here: ${missing.map(({ what }) => what).join(', ')}. On Debian and Ubuntu: ` +
      `\`apt-get install -y ${missing.map(({ deb }) => deb).join(' ')}\`; then run the same command again`,
  );
}

async function firstThatRuns(
  candidates: readonly string[],
  args: readonly string[],
  options: ToolOptions,
): Promise<Compiler | undefined> {
  for (const candidate of candidates) {
    const [command = '', ...first] = candidate.trim().split(/\s+/);
    const { ok, stdout } = await runTool(command, [...first, ...args], options);
    if (ok) return { words: [command, ...first], version: stdout.split('\n')[0] ?? '' };
  }
  return undefined;
}
