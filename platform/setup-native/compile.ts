import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LogsterError } from '../../contracts/errors.ts';
import { sourceHashes } from '../../models/native/setup-record.ts';
import { runTool, type ToolOptions } from './run-tool.ts';
import type { Step } from './steps.ts';
import type { Compiler } from './tools.ts';
import type { Arch } from './wheels.ts';

const PACKAGE = 'node_modules/@tensorflow/tfjs-node-gpu';
/** Where the package looks for its binding: the newest Node-API version that it names. */
export const BINDING = `${PACKAGE}/lib/napi-v8/tfjs_binding.node`;
const BINDING_SOURCES = ['tfjs_backend.cc', 'tfjs_binding.cc'];
const FLAGS = ['-O3', '-std=c++17', '-fPIC', '-DNAPI_VERSION=8'];
/** Where our own sources want a fused multiply-add they name it; elsewhere the compiler must not choose. */
const OWN_FLAGS = ['-ffp-contract=off'];
/** The binding's sessions are opened by models/native/ops/session-options.cc, which says why. */
const THEIR_FLAGS = ['-DTF_NewSessionOptions=LogsterSessionOptions'];
/** From the binding's folder to TensorFlow's, so that the whole folder can be moved. */
const RUNPATH = `$ORIGIN/${dirname(BINDING)
  .split('/')
  .map(() => '..')
  .join('/')}/tensorflow`;

export interface CompileNeeds {
  readonly home: string;
  readonly compiler: Compiler;
  readonly arch: Arch;
  /** What our own sources are compiled for; `native` is this machine's processor. */
  readonly march: string;
  /** Our own sources and the headers they include; there may be none. */
  readonly sources: readonly string[];
  /** What the headers and libraries came from. */
  readonly tensorflow: string;
  readonly tools: ToolOptions;
}

/** Compiles the binding between Node and TensorFlow, and our own operations into the same library. */
export function compileStep(needs: CompileNeeds): Step {
  const { home, compiler, arch, march, sources, tensorflow } = needs;
  const own = sources.filter((source) => source.endsWith('.cc'));
  return {
    name: 'binding',
    title: `compiling the binding${own.length > 0 ? ' and our operations' : ''} with ${compiler.version}`,
    inputs: [sourceHashes(sources), compiler.version, arch, march, tensorflow, FLAGS, OWN_FLAGS, THEIR_FLAGS],
    outputs: [BINDING],
    downloadBytes: 0,
    keptBytes: 1e6,
    async run(folder) {
      const theirs = BINDING_SOURCES.map((name) => join(home, PACKAGE, 'binding', name));
      const objects = await allEnded([
        ...theirs.map((source) => compile(needs, folder, source, THEIR_FLAGS)),
        ...own.map((source) => compile(needs, folder, source, [...OWN_FLAGS, marchFlag(arch, march)])),
      ]);
      await link(needs, objects, join(folder, BINDING));
    },
  };
}

/** The first failure, but only once no compiler writes to the folder any more: it is deleted next. */
async function allEnded(compilations: readonly Promise<string>[]): Promise<readonly string[]> {
  await Promise.allSettled(compilations);
  return Promise.all(compilations);
}

/** clang and gcc agree on -mcpu=native alone for aarch64, and on -march=native alone for x86_64. */
export function marchFlag(arch: Arch, march: string): string {
  return arch === 'arm64' && march === 'native' ? '-mcpu=native' : `-march=${march}`;
}

async function compile(
  { home, compiler, tools }: CompileNeeds,
  folder: string,
  source: string,
  flags: readonly string[],
): Promise<string> {
  const object = join(folder, `${basename(source)}.o`);
  const headers = [join(home, 'include'), join(home, 'node_modules/node-api-headers/include')];
  const args = [...FLAGS, ...flags, ...headers.map((path) => `-I${path}`), '-c', source, '-o', object];
  await runCompiler(compiler, args, tools, basename(source));
  return object;
}

async function link(
  { home, compiler, tools }: CompileNeeds,
  objects: readonly string[],
  output: string,
): Promise<void> {
  mkdirSync(dirname(output), { recursive: true });
  const libraries = ['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'];
  const paths = [`-L${join(home, 'tensorflow')}`, `-Wl,-rpath,${RUNPATH}`, '-Wl,--enable-new-dtags'];
  await runCompiler(
    compiler,
    ['-shared', ...objects, ...paths, ...libraries, '-o', output],
    tools,
    basename(output),
  );
}

async function runCompiler(
  { words: [command, ...first] }: Compiler,
  args: readonly string[],
  tools: ToolOptions,
  what: string,
): Promise<void> {
  const { ok, stderr } = await runTool(command, [...first, ...args], tools);
  if (ok) return;
  const said = stderr.trim().split('\n').slice(0, 12).join('\n'); // the first error is the cause of the others
  throw new LogsterError('unavailable', `${command} could not make ${what}:\n${said}`);
}
