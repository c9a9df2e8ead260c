import { join } from 'node:path';
import { LogsterError } from '../../contracts/errors.ts';
import { lastLines, runTool, type ToolOptions } from './run-tool.ts';

/**
 * Runs one of the compiled test scripts in a fresh process, so that a crash of a library is a sentence and not ours.
 * Answers what it wrote as JSON; throws unavailable with its reason.
 */
export async function inFreshProcess(
  root: string,
  script: string,
  args: readonly string[],
  tools: ToolOptions,
): Promise<unknown> {
  const file = join(root, 'dist/platform/setup-native', script);
  const { ok, killedBy, stdout, stderr } = await runTool(process.execPath, [file, ...args], tools);
  if (ok) return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as unknown;
  const why =
    killedBy === 'SIGILL'
      ? 'it was ended by SIGILL: the libraries use instructions that this processor lacks. Try `npm run setup:native -- --march x86-64-v2`'
      : `${killedBy ? `it was ended by ${killedBy}\n` : ''}${lastLines(stderr)}`;
  throw new LogsterError('unavailable', `The self-test failed: ${why}`);
}
