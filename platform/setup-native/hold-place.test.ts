import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { holdPlace } from './hold-place.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'place-'));
});
afterEach(() => rmSync(home, { recursive: true }));

test('holdPlace() keeps a second set-up out until the first leaves', () => {
  const leave = holdPlace(home);
  expect(() => holdPlace(home)).toThrow(`(process ${process.pid}); wait until it ends`);
  leave();
  holdPlace(home)();
});

test('holdPlace() takes over from a process that was killed', () => {
  writeFileSync(join(home, 'busy'), String(2 ** 30)); // above the largest process id of Linux
  holdPlace(home)();
});
