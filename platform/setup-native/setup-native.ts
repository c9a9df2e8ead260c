import { join } from 'node:path';
import {
  nativeSources,
  readSetup,
  SETUP_RECORD,
  type SetupRecord,
} from '../../models/native/setup-record.ts';
import type { Surroundings } from '../cli.ts';
import { compileStep } from './compile.ts';
import { inFreshProcess } from './fresh-process.ts';
import { holdPlace } from './hold-place.ts';
import { checkMachine, thisMachine } from './machine.ts';
import { packagesStep } from './packages.ts';
import { describeSetup, dropRecord, verifyLibraries, writeRecord } from './record.ts';
import type { ToolOptions } from './run-tool.ts';
import type { SelfTest } from './self-test.ts';
import { type Progress, runSteps, type Step } from './steps.ts';
import { findTools } from './tools.ts';
import { wheelStep } from './wheel-step.ts';
import { type Arch, cudaWheels, type Kind, tensorflowWheel } from './wheels.ts';

export interface SetupNeeds extends Surroundings {
  /** Where everything goes. */
  readonly home: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

export interface SetupWishes {
  readonly kind: Kind;
  /** What our own sources are compiled for. */
  readonly march: string;
}

/** A record that nothing uses yet: what it describes has still to pass the self-test. */
const UNTESTED = 'setup.untested.json';

/**
 * Brings native TensorFlow to this machine: packages, libraries, the compiled binding, a self-test, and last the
 * record without which nothing uses them. Throws unavailable with the way out; what was done stays done.
 */
export async function setUpNative(needs: SetupNeeds, { kind, march }: SetupWishes): Promise<SelfTest> {
  const { root, home, progress } = needs;
  const arch = checkMachine(thisMachine(), kind);
  const tools = toolOptions(needs);
  const { compiler, python } = await findTools(tools);
  const leave = holdPlace(home);
  try {
    const compiling = { home, compiler, arch, march, sources: nativeSources(), tools };
    const steps: Step[] = [
      tensorflowPackages(root, tools),
      ...librarySteps({ kind, arch, python, tools }),
      compileStep({ ...compiling, tensorflow: tensorflowWheel(kind, arch).sha256 }),
    ];
    await runSteps(home, steps, { progress, changing: () => dropRecord(home) });
    const made = {
      kind,
      tensorflow: tensorflowWheel(kind, arch).version,
      compiler: compiler.version,
      march,
    };
    return await testAndRecord(needs, await describeSetup(home, made));
  } finally {
    leave();
  }
}

/** Reads every library again and runs the self-test, without changing anything. Throws unavailable where it fails. */
export async function checkNative(needs: SetupNeeds): Promise<SelfTest> {
  const { root, home } = needs;
  await verifyLibraries(home, readSetup(home));
  return (await inFreshProcess(root, 'self-test-main.js', [root, home, SETUP_RECORD], {
    ...toolOptions(needs),
  })) as SelfTest;
}

async function testAndRecord(needs: SetupNeeds, record: SetupRecord): Promise<SelfTest> {
  const { root, home, progress } = needs;
  progress.say('testing what was made …');
  try {
    writeRecord(home, record, UNTESTED);
    const args = [root, home, UNTESTED];
    const tested = (await inFreshProcess(root, 'self-test-main.js', args, toolOptions(needs))) as SelfTest;
    const { device, checks } = tested;
    writeRecord(home, { ...record, selfTest: { device, checks: [...checks] } });
    return tested;
  } catch (thrown) {
    dropRecord(home); // a folder that was whole before may be what has failed now
    throw thrown;
  } finally {
    dropRecord(home, UNTESTED);
  }
}

function tensorflowPackages(root: string, tools: ToolOptions): Step {
  return packagesStep({
    recipe: join(root, 'platform/setup-native/tensorflow'),
    title: 'installing tfjs-node-gpu 4.22.0 and the headers of Node-API',
    into: '',
    sizes: { downloadBytes: 45e6, keptBytes: 330e6 },
    unneeded: (path) => path.endsWith('.map'), // source maps are two thirds of it
    tools,
  });
}

function librarySteps(needs: { kind: Kind; arch: Arch; python: string; tools: ToolOptions }): Step[] {
  const { kind, arch } = needs;
  const tensorflow = wheelStep({
    ...needs,
    wheel: tensorflowWheel(kind, arch),
    places: {
      'tensorflow/include': 'include',
      tensorflow: 'tensorflow',
      ...(arch === 'arm64' && { 'tensorflow.libs': 'tensorflow.libs' }),
    },
  });
  if (kind === 'cpu') return [tensorflow];
  const cuda = cudaWheels().map((wheel) =>
    wheelStep({ ...needs, wheel, places: { [wheel.folder]: wheel.folder } }),
  );
  return [tensorflow, ...cuda];
}

function toolOptions({ environment, signal }: SetupNeeds): ToolOptions {
  return { environment, signal };
}
