import { spawnSync } from 'node:child_process';

/** What one call may hold at most on a GPU, in the measure of workOf(). */
export interface DeviceMemory {
  readonly work: number;
  readonly reason: string;
}

/** What a node costs in all tensors of the portable form at once: twelve hidden vectors and its messages' copies of them. */
const BYTES_PER_NODE = 16 * 1024;
/** Of the device's memory: the rest is for weights, kernels and whatever else uses the device. */
const SHARE = 0.25;
/** Assumed where the driver does not say. */
const UNKNOWN_BYTES = 2 * 1024 ** 3;
/** The largest batch featurize sends has fewer; more would only wait. */
const MOST = 65_536;

/** Asks the NVIDIA driver for the device's memory and derives how much goes into one call. */
export function deviceMemory(): DeviceMemory {
  const { stdout, status } = spawnSync(
    'nvidia-smi',
    ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'],
    {
      encoding: 'utf8',
      timeout: 10_000,
    },
  );
  const [name = '', mebibytes = ''] = status === 0 ? (stdout.split('\n')[0] ?? '').split(', ') : [];
  const bytes = Number(mebibytes) > 0 ? Number(mebibytes) * 1024 ** 2 : UNKNOWN_BYTES;
  const work = Math.min(MOST, Math.floor((bytes * SHARE) / BYTES_PER_NODE));
  const device =
    name === ''
      ? 'a device whose memory the driver does not tell'
      : `${name.trim()}, ${mebibytes.trim()} MiB`;
  return { work, reason: `${device}: up to ${work} nodes a call` };
}
