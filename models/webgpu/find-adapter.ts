import { reasonOf } from '../../contracts/errors.ts';
import type { GpuBackend } from './gpu-program.ts';
import { type GpuAdapter, loadPackages, unavailable } from './load-packages.ts';

/** A device with the tfjs backend on it. */
export interface OpenedDevice {
  readonly backend: GpuBackend;
  /** Dawn's root object: everything else dies when it is collected. */
  readonly root: object;
}

/** An adapter and how to open a device on it. */
export interface FoundAdapter {
  /** Vendor, architecture, device and driver, for people. */
  readonly name: string;
  /** Whether it computes on the processor after all. */
  readonly software: boolean;
  open(): Promise<OpenedDevice>;
}

/** What tfjs asks of a device beyond the least that WebGPU promises: as much as the adapter has. */
const WANTED_LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
];
/** Drivers that compute on the processor; not all of them say so themselves. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render/i;

/** Finds this machine's fastest graphics adapter. Throws unavailable where there is none, or no packages. */
export async function findAdapter(): Promise<FoundAdapter> {
  const { dawn, Backend } = await loadPackages();
  const root = dawn.create([]);
  const asked = root.requestAdapter({ powerPreference: 'high-performance' });
  const adapter = await orUnavailable('WebGPU does not start', asked);
  if (!adapter) {
    const remedy = "install the GPU maker's driver (with Vulkan on Linux) or set LOGSTER_BACKEND=auto";
    throw unavailable(`WebGPU found no graphics adapter; ${remedy}`);
  }
  const name = nameOf(adapter);
  return {
    name,
    software: adapter.info.isFallbackAdapter === true || SOFTWARE.test(name),
    async open() {
      const requiredLimits = Object.fromEntries(
        WANTED_LIMITS.map((limit) => [limit, adapter.limits[limit] ?? 0]),
      );
      const opening = adapter.requestDevice({ requiredLimits });
      const device = await orUnavailable(`${name} gives no device`, opening);
      Object.assign(globalThis, dawn.globals); // tfjs looks for GPUBufferUsage and the like there
      return { root, backend: asNavigatorGpu(root, () => new Backend(device, adapter.info)) };
    },
  };
}

/** The name of the adapter that would score here. Throws unavailable where there is none, or no packages. */
export async function adapterName(): Promise<string> {
  return (await findAdapter()).name;
}

async function orUnavailable<T>(failure: string, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (cause) {
    throw unavailable(`${failure}: ${reasonOf(cause)}; set LOGSTER_BACKEND=auto`, cause);
  }
}

function nameOf({ info }: GpuAdapter): string {
  const chip = [info.vendor, info.architecture, info.device].filter(Boolean).join(' ');
  return [chip, info.description].filter(Boolean).join(', ') || 'adapter without a name';
}

/** tfjs opens only where a browser's navigator has WebGPU. It does for one step: others take it for a browser. */
function asNavigatorGpu<T>(gpu: object, step: () => T): T {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  try {
    return step();
  } finally {
    if (before) Object.defineProperty(globalThis, 'navigator', before);
    else Reflect.deleteProperty(globalThis, 'navigator');
  }
}
