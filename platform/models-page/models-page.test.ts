import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RECIPES } from '../../train/recipes.ts';
import type { ScorerSummary, Table } from '../../train/report/table.ts';
import type { TrainingReport } from '../../train/report/training-report.ts';
import { writeModelsPage } from '../commands/models-report.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-page-'));
afterAll(() => rmSync(folder, { recursive: true }));

const spread = (mean: number) => ({ mean, low: mean - 0.01, high: mean + 0.01 });
const summary = (prAuc: number): ScorerSummary => ({
  seeds: {
    prAuc: spread(prAuc),
    rocAuc: spread(0.9),
    brier: spread(0.1),
    foundAlert: { mean: 0.5, low: 0.5, high: 0.5 },
    foundAttack: spread(0.75),
    alertedAlert: spread(0.02),
    alertedAttack: spread(0.03),
    falseAlarmsPerHostDay: spread(12.3),
    foundHigh: null,
    falseAlarmsHigh: null,
    firstAlertP50: spread(31),
    firstAlertP95: spread(62),
    pairsMarked: null,
    pairsUnmarked: null,
  },
  interval: { prAuc: { value: prAuc, low: 0.6, high: 0.9 } },
});
const table: Table = {
  windows: { attack: 10, benign: 20 },
  runs: { attack: 5, benign: 6 },
  benignHostHours: 1.5,
  scorers: { gat: summary(0.7), hybrid: summary(0.8), 'control-counts': summary(0.75) },
};
const report: TrainingReport = {
  platform: 'linux',
  createdAt: '2026-01-02T03:04:05.000Z',
  model: { name: 'logster-linux-gat', data: 'abc', featureSchema: 'def' },
  seeds: [1, 2],
  folds: 5,
  recipe: RECIPES.linux,
  data: { captures: 7, runs: 6, labs: ['own'], heldBack: 2, purged: 0 },
  crossFit: table,
  techniques: [{ technique: 'T1059', runs: 3, found: { hybrid: spread(0.66) } }],
  reliability: { hybrid: [{ from: 0.5, windows: 4, said: 0.55, attacks: 0.5 }] },
  curves: [{ seed: 1, fold: 1, epochs: [{ epoch: 1, loss: 0.7, validation: null }] }],
  sensors: null,
  heldBack: [{ lab: 'own', table }],
  notApplicable: ['labOut', 'basicSensor'],
  omitted: ['shuffled'],
};

test('the page shows each scorer with interval and range, the parts that were made and those left out', async () => {
  const files = await writeModelsPage(folder, [report]);
  const page = readFileSync(join(folder, 'models.md'), 'utf8');
  expect(page).toContain('| hybrid | 0.800 (0.600–0.900); 0.790 to 0.810 | 0.900; 0.890 to 0.910 |');
  expect(page).toContain('| control-counts | 50.0 % | 2.0 %; 1.0 % to 3.0 % |');
  expect(page).toContain('7 captures of 6 runs from 1 laboratory (own)');
  expect(page).toMatch(/### Held back\n[^#]*\n`own`, 10 attack windows of 5 runs, 20 benign windows/);
  expect(page).not.toContain('### Laboratories held out');
  expect(page).toContain('Not measured for want of time: shuffled.');
  expect(page).toContain('| T1059 | 3 | – | 66.0 %; 65.0 % to 67.0 % |');
  const pictures = [...page.matchAll(/\]\((models\/[\w-]+\.svg)\)/g)].map((match) => match[1]);
  expect(pictures).toHaveLength(3);
  for (const picture of pictures) {
    expect(files).toContain(picture);
    expect(readFileSync(join(folder, picture ?? ''), 'utf8')).toMatch(/^<svg/);
  }
});
