/** What is taken out of one Python package, and what it must be. */
export interface Wheel {
  readonly project: string;
  readonly version: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly unpackedBytes: number;
  /** Members of the archive that are wanted, by the beginnings of their paths. */
  readonly members: readonly string[];
}

export type Kind = 'cpu' | 'gpu';
/** Processors that TensorFlow's wheels are built for, as Node names them. */
export type Arch = 'x64' | 'arm64';

/**
 * Of the versions that tfjs-node 4.22 works with, the smallest on disk and in memory, equally fast, content with
 * glibc 2.17, and the newest line whose wheel names exact versions of its CUDA packages.
 */
export const TENSORFLOW_VERSION = '2.18.1';

/** TensorFlow's C interface: all that the binding and our own operations are compiled against, 1.3 of 160 MB. */
const HEADERS = [
  'tensorflow/include/tensorflow/c/',
  'tensorflow/include/tensorflow/core/common_runtime/next_pluggable_device/c/',
  'tensorflow/include/tensorflow/core/platform/',
  'tensorflow/include/tsl/platform/',
  'tensorflow/include/xla/tsl/c/',
];
const LIBRARIES = ['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'];

const TENSORFLOW_CPU: Record<Arch, Wheel> = {
  x64: {
    project: 'tensorflow-cpu',
    version: TENSORFLOW_VERSION,
    sha256: '810c75d7149d2da0cb2092187817b0dcabb80728ca9f9cf3a61f3f42fadd1298',
    bytes: 230_236_181,
    unpackedBytes: 683_849_665,
    members: [...LIBRARIES, ...HEADERS],
  },
  arm64: {
    project: 'tensorflow', // holds no CUDA code for this processor, and tensorflow-cpu has no wheel for it
    version: TENSORFLOW_VERSION,
    sha256: '8a6485edd2148f70d011dbd1d8dc2c775e91774a5a159466e83d0d1f21580944',
    bytes: 231_937_898,
    unpackedBytes: 770_000_000,
    members: [...LIBRARIES, ...HEADERS, 'tensorflow.libs/'], // an OpenMP of its own
  },
};

const TENSORFLOW_CUDA: Wheel = {
  project: 'tensorflow',
  version: TENSORFLOW_VERSION,
  sha256: 'c9f87e5d2a680a4595f5dc30daf6bbaec9d4129b46d7ef1b2af63c46ac7d2828',
  bytes: 615_510_377,
  unpackedBytes: 1_253_034_465,
  members: [...LIBRARIES, ...HEADERS],
};

/** The extra `and-cuda` of that wheel's METADATA, in its versions: name, version, bytes, sha256. */
const CUDA_PACKAGES = [
  ['cublas', '12.5.3.2', 363_313_169, 'ca070ad70e9fa6654084575d01bd001f30cc4665e33d4bb9fc8e0f321caa034b'],
  ['cuda_cupti', '12.5.82', 13_811_507, 'bde77a5feb66752ec61db2adfe47f56b941842825b4c7e2068aff27c9d107953'],
  ['cuda_nvcc', '12.5.82', 22_468_537, 'b03e545b8e8c3ce7ebcd7fc44063180ff52ff01d064ece2127ed90a04ef12cd0'],
  ['cuda_nvrtc', '12.5.82', 24_873_108, '3dbd97b0104b4bfbc3c4f8c79cd2496307c89c43c29a9f83125f1d76296ff3fd'],
  ['cuda_runtime', '12.5.82', 895_707, '3e79a060e126df40fd3a068f3f787eb000fa51b251ec6cd97d09579632687115'],
  ['cudnn', '9.3.0.75', 577_163_502, '9ad9c6929ebb5295eb4a1728024666d1c88283373e265a0c5c883e6f9d5cd76d'],
  ['cufft', '11.2.3.61', 192_524_114, '9a6e8df162585750f61983a638104a48c756aa13f9f48e19ab079b38e3c828b8'],
  ['curand', '10.3.6.82', 56_309_107, '2823fb27de4e44dbb22394a6adf53aa6e1b013aca0f8c22867d1cfae58405536'],
  ['cusolver', '11.6.3.83', 130_341_232, '93cfafacde4428b71778eeb092ec615a02a3d05404da1bcf91c53e3fa1bce42b'],
  ['cusparse', '12.5.1.3', 217_558_979, '016df8e993c437e8301e62739f01775cba988fd5253cd4c64173f8e8d2f8e752'],
  ['nccl', '2.21.5', 188_654_414, '8579076d30a8c24988834445f8d633c697d42397e92ffc3f63fa26766d25e0a0'],
  ['nvjitlink', '12.5.82', 21_298_879, 'f9b37bc5c8cf7509665cb6ada5aaa0ce65618f2332b7d3e78e9790511f111212'],
] as const;
/** All twelve together, unpacked to packed. */
const CUDA_GROWTH = 1.55;

/** TensorFlow's own wheel: its two libraries and the headers of its C interface. */
export function tensorflowWheel(kind: Kind, arch: Arch): Wheel {
  return kind === 'gpu' ? TENSORFLOW_CUDA : TENSORFLOW_CPU[arch];
}

/** CUDA's libraries, each in the folder below `nvidia/` in which TensorFlow looks for it. */
export function cudaWheels(): (Wheel & { readonly folder: string })[] {
  return CUDA_PACKAGES.map(([name, version, bytes, sha256]) => ({
    project: `nvidia-${name.replaceAll('_', '-')}-cu12`,
    version,
    sha256,
    bytes,
    unpackedBytes: bytes * CUDA_GROWTH,
    folder: `nvidia/${name}`,
    members: ['lib/', 'bin/', 'nvvm/'].map((part) => `nvidia/${name}/${part}`),
  }));
}

/** The platform that pip is asked for, so that the Python of this machine does not matter. */
export function pipPlatform(arch: Arch): readonly string[] {
  const machine = arch === 'x64' ? 'x86_64' : 'aarch64';
  const python = '--python-version 311 --implementation cp --abi cp311'.split(' ');
  return ['--platform', `manylinux2014_${machine}`, ...python];
}
