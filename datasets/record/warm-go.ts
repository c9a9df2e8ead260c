import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GO_CACHE } from './furnish.ts';
import { ended, runUntilDone } from './run-until-done.ts';

/** Compiles Go's own library once for all sessions. Throws where there is no Go. */
export async function warmGo(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'logster-go-'));
  try {
    await writeFile(join(folder, 'go.mod'), 'module warm\n');
    await writeFile(join(folder, 'main.go'), 'package main\n\nfunc main() { println(1) }\n');
    for (const args of [
      ['build', 'std'],
      ['build', '.'],
      ['vet', '.'],
    ]) {
      const environment = { ...process.env, GOCACHE: GO_CACHE, GOFLAGS: '-mod=mod' };
      const go = spawn('go', args, { cwd: folder, env: environment, stdio: 'ignore' });
      await ended(go, 'go');
    }
    await runUntilDone('chmod', ['-R', 'a+rwX', GO_CACHE]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
