import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTools } from './tools.ts';

test('findTools() names everything that is missing and the one line that installs it', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'path-'));
  await expect(findTools({ environment: { PATH: empty } })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(
      'Missing here: a C++ compiler, Python 3, pip, npm. On Debian and Ubuntu: `apt-get install -y g++ python3 python3-pip npm`',
    ),
  });
  rmSync(empty, { recursive: true });
});

test('findTools() names the compiler that CXX asks for when there is none of that name', async () => {
  const environment = { PATH: '/usr/bin:/bin', CXX: 'no-such-compiler -m64' };
  await expect(findTools({ environment })).rejects.toMatchObject({
    message: expect.stringContaining('the compiler that CXX names (no-such-compiler -m64)'),
  });
});

test('findTools() takes a compiler of several words from CXX', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'path-'));
  symlinkSync(process.execPath, join(folder, 'wrap'));
  // node stands for a wrapper such as ccache: it runs with the words that follow, and the rest is still missing
  const failure = findTools({ environment: { PATH: folder, CXX: 'wrap --no-warnings' } });
  await expect(failure).rejects.toMatchObject({
    message: expect.stringContaining('Missing here: Python 3, pip, npm.'),
  });
  rmSync(folder, { recursive: true });
});
