// Makes a fresh clone ready and then runs one command. Node built-ins only: nothing is installed yet when it begins.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const NODE_FLOOR = [20, 19];
const CODE_FOLDERS = [
  'contracts',
  'ports',
  'ingest',
  'featurize',
  'models',
  'serve',
  'alerting',
  'dashboard',
  'datasets',
  'train',
  'platform',
];
/** What the compiled code reads from beside itself. */
const ASSET = /\.(wasm|cc|h|ya?ml|html|css|svg)$|(attack-techniques|labels|catalogue)\.json$/;
const PAGE = 'dashboard/page';

const started = Date.now();
const say = (sentence) => process.stderr.write(`logster: ${sentence}\n`);

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1])) return;
  say(
    `Node ${NODE_FLOOR.join('.')} or newer is needed, this is ${process.versions.node}. See https://nodejs.org`,
  );
  process.exit(1);
}

/** A digest of names, sizes and times: quick, and a touched file only costs a rebuild. */
function fingerprint(folders, accept) {
  const digest = createHash('sha256');
  for (const folder of folders) {
    for (const file of filesBelow(join(ROOT, folder))) {
      if (!accept(file)) continue;
      const { size, mtimeMs } = statSync(file);
      digest.update(`${relative(ROOT, file)} ${size} ${mtimeMs}\n`);
    }
  }
  return digest.digest('hex');
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  if (!statSync(folder).isDirectory()) return [folder];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.name === 'node_modules') return [];
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
}

/** Runs a step only when what it depends on has changed since it last ended well. */
function step(name, stampFile, print, run) {
  const stamp = join(ROOT, stampFile);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === print) return;
  const begun = Date.now();
  say(`${name} …`);
  run();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, print);
  say(`${name} took ${((Date.now() - begun) / 1000).toFixed(1)} s`);
}

function runOrExit(command, args, remedy) {
  const shell = process.platform === 'win32';
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2], shell });
  if (status === 0) return;
  say(`\`${command} ${args.join(' ')}\` failed${error ? ` (${error.message})` : ''}. ${remedy}`);
  process.exit(status ?? 1);
}

function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  step('installing the packages of package-lock.json', 'node_modules/.logster-installed', lock, () =>
    runOrExit(
      'npm',
      ['ci', '--ignore-scripts', '--no-audit', '--no-fund'],
      'A package registry must be reachable once.',
    ),
  );
}

function build() {
  const isSource = (file) =>
    /\.(ts|tsx|json)$/.test(file) && !file.includes(PAGE) && !/models\/(windows|linux)\//.test(file);
  const sources = fingerprint(
    [...CODE_FOLDERS, 'tsconfig.json', 'package.json'],
    (file) => isSource(file) || ASSET.test(file),
  );
  step('compiling and checking types', 'dist/.built', sources, () => {
    runOrExit(
      process.execPath,
      [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.'],
      'Mend the errors above.',
    );
    for (const folder of CODE_FOLDERS) {
      for (const file of filesBelow(join(ROOT, folder)).filter(
        (name) => ASSET.test(name) && !name.includes(PAGE),
      )) {
        cpSync(file, join(ROOT, 'dist', relative(ROOT, file)));
      }
    }
  });
  const page = fingerprint([PAGE, 'dashboard/charts', 'contracts', 'package.json'], () => true);
  if (!existsSync(join(ROOT, PAGE))) return;
  step('building the dashboard page', 'dist/.page', page, () =>
    runOrExit(
      process.execPath,
      [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', PAGE, '--logLevel', 'warn'],
      'Mend the errors above.',
    ),
  );
}

async function run(command, args) {
  if (command === 'test') return jest(args);
  if (command === 'check') {
    runOrExit(
      process.execPath,
      [join(ROOT, 'node_modules/@biomejs/biome/bin/biome'), 'check', '.'],
      'Run `npm run format`.',
    );
    return;
  }
  if (command === 'build') return;
  if (command === 'build-kernels') return buildKernels();
  const { main } = await import(pathToFileURL(join(ROOT, 'dist/platform/cli.js')).href);
  await main(command === 'logster' ? args : [command, ...args]);
}

/** What TensorFlow reads of the environment: tests see a copy of it, whose changes do not reach native libraries. */
const NATIVE_LIBRARIES = {
  TF_CPP_MIN_LOG_LEVEL: '2',
  TF_NUM_INTRAOP_THREADS: '1',
  TF_NUM_INTEROP_THREADS: '1',
  CUDA_VISIBLE_DEVICES: '-1',
};

/** Compiles the WebAssembly kernels of models/wasm in place, after a change of their sources. */
async function buildKernels() {
  const wasm = await import(pathToFileURL(join(ROOT, 'dist/models/wasm/build.js')).href);
  const { KERNEL_FILES } = await import(pathToFileURL(join(ROOT, 'dist/models/wasm/kernels.js')).href);
  for (const [build, file] of Object.entries(KERNEL_FILES)) {
    wasm.buildKernels(ROOT, wasm.compilerIn(ROOT), build, join(ROOT, 'models/wasm', file));
    say(`compiled models/wasm/${file}`);
  }
}

function jest(args) {
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const { status } = spawnSync(
    process.execPath,
    [...flags, join(ROOT, 'node_modules/jest/bin/jest.js'), ...args],
    { cwd: ROOT, stdio: 'inherit', env: { ...NATIVE_LIBRARIES, ...process.env } },
  );
  process.exit(status ?? 1);
}

const [command = 'start', ...args] = process.argv.slice(2);
if (command === 'clean') {
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  process.exit(0);
}
checkNode();
install();
build();
if (Date.now() - started > 2000) say(`ready after ${((Date.now() - started) / 1000).toFixed(0)} s`);
await run(command, args);
