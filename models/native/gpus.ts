import { spawnSync } from 'node:child_process';

/** An NVIDIA GPU as its driver describes it. */
export interface Gpu {
  readonly name: string;
  readonly memoryBytes: number;
}

/** How much of a batch goes into one call, in the measure of workOf(), and why. */
export interface GpuWork {
  readonly work: number;
  readonly reason: string;
}

/** What a node costs in all tensors of the portable form at once: its hidden vectors and its messages' copies of them. */
const BYTES_PER_NODE = 16 * 1024;
/** Of a device's memory: the rest is for weights, kernels and whatever else uses the device. */
const SHARE = 0.25;
/** Assumed where the driver does not say. */
const UNKNOWN_BYTES = 2 * 1024 ** 3;
/** Twice the largest batch that featurize sends: more would never come together. */
const MOST = 65_536;

/** The GPUs that NVIDIA's driver shows, none where there is no driver. */
export function nvidiaGpus(): Gpu[] {
  const query = ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'];
  const { stdout, status } = spawnSync('nvidia-smi', query, { encoding: 'utf8', timeout: 10_000 });
  return status === 0 ? readGpus(stdout) : [];
}

/** Reads what nvidia-smi prints: a line per GPU, its name and its memory in MiB. */
export function readGpus(text: string): Gpu[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name = '', mebibytes = ''] = line.split(/,\s*(?=[^,]*$)/);
      return { name: name.trim(), memoryBytes: Number.parseInt(mebibytes, 10) * 1024 ** 2 || 0 };
    });
}

/** What one call may hold on the smallest of the GPUs; TensorFlow's allocator answers for the rest. */
export function workPerCall(gpus: readonly Gpu[]): GpuWork {
  const least = gpus.reduce<Gpu | undefined>(
    (a, b) => (a && a.memoryBytes <= b.memoryBytes ? a : b),
    undefined,
  );
  const bytes = least?.memoryBytes || UNKNOWN_BYTES;
  const work = Math.min(MOST, Math.floor((bytes * SHARE) / BYTES_PER_NODE));
  const gibibytes = (bytes / 1024 ** 3).toFixed(0);
  const device = least?.memoryBytes ? `${least.name}, ${gibibytes} GiB` : `a GPU of ${gibibytes} GiB or more`;
  return { work, reason: `${device}: up to ${work} nodes a call` };
}
