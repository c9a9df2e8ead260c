import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeSettings, readConfig } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('without a file and variables every setting has the default of the reference', () => {
  const config = readConfig({}, folder);
  expect(config.inference).toEqual({ window: 3, interval: 30, lateness: 10 });
  expect(config.alerts).toEqual({
    min_threshold: 0.7,
    dedup_window_seconds: 300,
    correlation_window_seconds: 60,
  });
  expect([config.api.port, config.dashboard.port]).toEqual([8080, 5001]);
});

test('a variable goes before the file, the file before the default', () => {
  const file = join(folder, 'service-config.yaml');
  writeFileSync(file, 'alerts:\n  min_threshold: 0.6\n  dedup_window_seconds: 120\n');
  const config = readConfig(
    { LOGSTER_CONFIG: file, LOGSTER_ALERTS__MIN_THRESHOLD: '0.8', LOGSTER_BACKEND: 'cpu' },
    folder,
  );
  expect(config.alerts).toMatchObject({ min_threshold: 0.8, dedup_window_seconds: 120 });
  expect(config.model.backend).toBe('cpu');
});

test.each([
  [{ LOGSTER_ALERTS__MIN_TRESHOLD: '0.8' }, 'min_treshold'],
  [{ LOGSTER_ALERTS__MIN_THRESHOLD: '1.5' }, 'alerts.min_threshold'],
  [{ LOGSTER_NONSENSE: '1' }, 'LOGSTER_NONSENSE'],
  [{ LOGSTER_CONFIG: '/nowhere/at-all.yaml' }, '/nowhere/at-all.yaml'],
  [{ LOGSTER_BACKEND: 'quantum' }, 'model.backend'],
])('%j stops with a message that names it', (environment, named) => {
  expect(() => readConfig(environment, folder)).toThrow(named);
});

test('a damaged file stops with its name', () => {
  const file = join(folder, 'damaged.yaml');
  writeFileSync(file, 'alerts: [unfinished');
  expect(() => readConfig({ LOGSTER_CONFIG: file }, folder)).toThrow('damaged.yaml');
});

test('every setting is described with what it is for', () => {
  const settings = describeSettings();
  expect(settings.length).toBeGreaterThan(20);
  expect(settings.filter(({ purpose }) => purpose === '')).toEqual([]);
});
