import { statfsSync } from 'node:fs';
import { LogsterError } from '../../contracts/errors.ts';
import { processorFeatures } from '../../models/native/setup-record.ts';
import type { Arch, Kind } from './wheels.ts';

/** What decides whether TensorFlow's wheels can run on a machine. */
export interface Machine {
  readonly system: string;
  readonly arch: string;
  /** Version of the GNU C library; undefined with another one, as on Alpine. */
  readonly glibc: string | undefined;
  readonly features: readonly string[];
}

const OTHERWISE = 'Logster scores here with WebAssembly, which needs no set-up';
const OLDEST_GLIBC = [2, 17]; // what manylinux2014 promises

/** This machine. */
export function thisMachine(): Machine {
  return {
    system: process.platform,
    arch: process.arch,
    glibc: glibcVersion(),
    features: processorFeatures(),
  };
}

/** The processor's name in the table of wheels. Throws unavailable where no wheel can run, with what works instead. */
export function checkMachine({ system, arch, glibc, features }: Machine, kind: Kind): Arch {
  if (system !== 'linux') {
    const gpu = kind === 'gpu' ? '; a GPU here is reached with `npm run setup:native -- --webgpu`' : '';
    throw refused(`Native TensorFlow is for Linux, and this is ${system}. ${OTHERWISE}${gpu}`);
  }
  if (arch !== 'x64' && arch !== 'arm64') {
    throw refused(
      `Native TensorFlow is built for x86_64 and aarch64, and this Node is for ${arch}. ${OTHERWISE}`,
    );
  }
  if (kind === 'gpu' && arch === 'arm64') {
    throw refused(
      "TensorFlow's aarch64 wheels hold no CUDA code. `npm run setup:native` brings the one for the CPU",
    );
  }
  if (glibc === undefined) {
    throw refused(
      `Native TensorFlow needs the GNU C library, which this system (musl?) has not. ${OTHERWISE}; a Debian image has it`,
    );
  }
  if (isOlder(glibc, OLDEST_GLIBC)) {
    throw refused(
      `Native TensorFlow needs glibc ${OLDEST_GLIBC.join('.')} or newer, and this is ${glibc}. ${OTHERWISE}`,
    );
  }
  if (arch === 'x64' && features.length > 0 && !features.includes('avx')) {
    throw refused(`TensorFlow's x86_64 wheels need a processor with AVX, which this one lacks. ${OTHERWISE}`);
  }
  return arch;
}

/** Throws unavailable when less than `neededBytes` are free where `folder` lies. */
export function checkDisk(folder: string, neededBytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const freeBytes = bavail * bsize;
  if (freeBytes >= neededBytes) return;
  throw refused(
    `${gigabytes(neededBytes)} GB of disk are needed below ${folder} and ${gigabytes(freeBytes)} GB are free. Free some and run it again`,
  );
}

/** Bytes as people say them. */
export function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(2);
}

function glibcVersion(): string | undefined {
  Object.assign(process.report, { excludeNetwork: true }); // asking for the names of peers may take seconds
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime;
}

function isOlder(version: string, [major = 0, minor = 0]: readonly number[]): boolean {
  const [hereMajor = 0, hereMinor = 0] = version.split('.').map(Number);
  return hereMajor < major || (hereMajor === major && hereMinor < minor);
}

function refused(message: string): LogsterError {
  return new LogsterError('unavailable', message);
}
