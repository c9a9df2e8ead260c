import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../contracts/errors.ts';
import { readSetup, SETUP_COMMAND } from '../models/native/setup-record.ts';
import { nativeHome } from '../models/native/tensorflow.ts';
import { readWebgpuRecord } from './setup-native/webgpu.ts';

export interface NativeFinding {
  readonly what: string;
  readonly verdict: 'ok' | 'note';
  readonly detail: string;
}

const UNPROVEN = 'unproven on this hardware';

/** What `npm run setup:native` has brought to this machine, and what of it no test has run on a device here. */
export function nativeFindings(home: string = nativeHome()): NativeFinding[] {
  return [tensorflowFinding(home), webgpuFinding(home)];
}

function tensorflowFinding(home: string): NativeFinding {
  const what = 'native TensorFlow';
  try {
    const { kind, tensorflow, selfTest } = readSetup(home);
    const gpu = selfTest.device === 'gpu' ? '; its self-test ran on the GPU' : `; the GPU is ${UNPROVEN}`;
    return {
      what,
      verdict: 'ok',
      detail: `${tensorflow} for the ${kind.toUpperCase()}${kind === 'gpu' ? gpu : ''}`,
    };
  } catch (thrown) {
    const detail = existsSync(join(home, 'setup.json')) ? reasonOf(thrown) : `not set up: ${SETUP_COMMAND}`;
    return { what, verdict: 'note', detail };
  }
}

function webgpuFinding(home: string): NativeFinding {
  const what = 'WebGPU';
  const command = `${SETUP_COMMAND} -- --webgpu`;
  try {
    const record = readWebgpuRecord(home);
    if (!record) return { what, verdict: 'note', detail: `not set up: ${command}` };
    const { webgpu, adapter, software } = record;
    const proven = adapter !== null && !software ? '' : `; ${UNPROVEN}`;
    return { what, verdict: 'ok', detail: `webgpu ${webgpu} on ${adapter ?? 'no adapter'}${proven}` };
  } catch (thrown) {
    return { what, verdict: 'note', detail: `cannot be read: ${reasonOf(thrown)}; run ${command} again` };
  }
}
