import { join } from 'node:path';
import { captureLines } from '../datasets/captures.ts';
import { workedExample } from '../datasets/worked-example/worked-example.ts';
import type { Recording } from './replay.ts';

/** Long enough to see ordinary windows first, short enough to wait for. */
const QUIET_SECONDS = 40;

/** Ordinary Linux work, then a recorded attack, seen once by each Linux sensor. */
const LINUX_SESSIONS = [
  { host: 'web-7', file: 'lin-rec-benign-admin-edit-110-auditd.log.gz', delaySeconds: 0 },
  { host: 'db-1', file: 'lin-rec-attack-revshell-bash-129-auditd.log.gz', delaySeconds: 45 },
  { host: 'build-2', file: 'lin-rec-benign-docs-ssh-126-ebpf.ndjson.gz', delaySeconds: 0 },
  { host: 'app-3', file: 'lin-rec-attack-persist-cron-systemd-133-ebpf.ndjson.gz', delaySeconds: 60 },
] as const;

/** What `npm start` replays: the worked example on Windows, and sessions recorded on Linux for this project. */
export function demoRecordings(root: string, now = Date.now() / 1000): readonly Recording[] {
  const example = workedExample(now, QUIET_SECONDS);
  return [
    { name: 'worked example', lines: example.lines.map((line) => Buffer.from(line)) },
    ...LINUX_SESSIONS.map(({ host, file, delaySeconds }) => ({
      name: file,
      lines: captureLines(join(root, 'datasets', 'recordings', file)),
      host,
      delaySeconds,
    })),
  ];
}
