import { existsSync, rmSync } from 'node:fs';
import type { Command } from 'commander';
import { LogsterError } from '../../contracts/errors.ts';
import { nativeHome } from '../../models/native/tensorflow.ts';
import type { Surroundings } from '../cli.ts';
import { gigabytes } from '../setup-native/machine.ts';
import type { SelfTest } from '../setup-native/self-test.ts';
import { checkNative, type SetupNeeds, setUpNative } from '../setup-native/setup-native.ts';
import { type Progress, sizeOf } from '../setup-native/steps.ts';
import { setUpWebgpu, type WebgpuTest } from '../setup-native/webgpu.ts';

interface Options {
  readonly gpu?: boolean;
  readonly webgpu?: boolean;
  readonly check?: boolean;
  readonly remove?: boolean;
  readonly march: string;
}

/** As shells count a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/** `npm run setup:native`: brings native TensorFlow, CUDA or WebGPU to this machine, into `.native` alone. */
export function addSetupNativeCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('setup-native')
    .description('bring native TensorFlow to this machine, from package registries alone, into .native')
    .option('--gpu', 'with CUDA, for an NVIDIA GPU (2.4 GB to download)')
    .option('--webgpu', 'WebGPU instead of TensorFlow')
    .option('--check', 'test again what is set up, and change nothing')
    .option('--remove', 'delete .native; scoring goes on with WebAssembly')
    .option(
      '--march <name>',
      'processor that our own operations are compiled for, such as x86-64-v3 for an image',
      'native',
    )
    .action(async (options: Options) => {
      const wanted = (['gpu', 'webgpu', 'check', 'remove'] as const).filter((name) => options[name]);
      if (wanted.length > 1) {
        program.error(`--${wanted.join(' and --')} cannot be combined; give one of them`);
      }
      await untilInterrupted((signal) =>
        run(options, { ...surroundings, home: nativeHome(), progress: onStandardError(), signal }),
      );
    });
}

async function run(options: Options, needs: SetupNeeds): Promise<void> {
  const { say } = needs.progress;
  if (options.remove) return remove(needs);
  if (options.webgpu) return tellWebgpu(await setUpWebgpu(needs), say);
  const begun = performance.now();
  const { march } = options;
  const tested = options.check
    ? await checkNative(needs)
    : await setUpNative(needs, { kind: options.gpu ? 'gpu' : 'cpu', march });
  tellNative(tested, say);
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  say(
    `native TensorFlow is ready after ${seconds} s; ${needs.home} takes ${gigabytes(sizeOf(needs.home))} GB`,
  );
}

function tellNative({ checks, device, noGpu }: SelfTest, say: Progress['say']): void {
  for (const check of checks) say(`passed: ${check}`);
  if (noGpu !== undefined) {
    say(
      `${noGpu}. The libraries load and compute on the CPU; execution on a GPU is unproven on this hardware`,
    );
  } else if (device === 'gpu') {
    say('all of it ran on the GPU');
  }
}

function tellWebgpu({ adapter, software, checks }: WebgpuTest, say: Progress['say']): void {
  for (const check of checks) say(`passed: ${check}`);
  if (adapter === null) {
    say(
      'no WebGPU adapter here: a Vulkan driver is missing (Debian and Ubuntu: `apt-get install -y libvulkan1` and the driver of the card). WebGPU is installed and unproven on this hardware; run the same command again with a driver',
    );
  } else {
    say(
      `the adapter is ${adapter}${software ? ', which computes on the processor: unproven on graphics hardware' : ''}`,
    );
  }
}

function remove({ home, progress }: SetupNeeds): void {
  if (!existsSync(home)) {
    progress.say(`nothing to remove: there is no ${home}`);
    return;
  }
  const bytes = sizeOf(home);
  rmSync(home, { recursive: true });
  progress.say(`removed ${home} (${gigabytes(bytes)} GB); scoring goes on with WebAssembly`);
}

/** Ctrl-C and SIGTERM stop the step at work, which leaves nothing of itself. */
async function untilInterrupted(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, stop);
  try {
    await work(controller.signal);
  } catch (thrown) {
    if (!controller.signal.aborted || !(thrown instanceof LogsterError)) throw thrown;
    process.stderr.write('logster: stopped; the steps that were done are not done again next time\n');
    process.exitCode = INTERRUPTED;
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, stop);
  }
}

function onStandardError(): Progress {
  const { stderr } = process;
  const clear = stderr.isTTY ? '\r\u001b[K' : '';
  return {
    say: (sentence) => stderr.write(`${clear}logster: ${sentence}\n`),
    show: stderr.isTTY ? (text) => stderr.write(`${clear}logster: ${text}`) : undefined,
  };
}
