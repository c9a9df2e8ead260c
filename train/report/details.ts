import { ALERT_PROBABILITY } from '../../models/scaling.ts';
import { byKey } from '../by-key.ts';
import type { ScorerName } from '../evaluation.ts';
import { isAttack, isLabelled, type JudgedWindow } from '../judge.ts';
import { mean } from '../metrics.ts';
import { type Judged, type Spread, spreadOf } from './table.ts';

/** Of the runs of one technique, the share that each scorer finds at the alert threshold. */
export interface TechniqueRecall {
  readonly technique: string;
  readonly runs: number;
  readonly found: Readonly<Partial<Record<ScorerName, Spread>>>;
}

/** Recall per technique, the most frequent first. */
export function techniqueRecall(
  judged: readonly Judged[],
  names: readonly ScorerName[],
): readonly TechniqueRecall[] {
  const attacks = (judged[0]?.windows ?? []).filter(isAttack);
  const techniques = [...new Set(attacks.flatMap(({ capture }) => capture.techniques))].sort();
  return techniques
    .map((technique) => {
      const perSeed = judged.map(({ windows }) => [
        ...byKey(
          windows.filter((one) => isAttack(one) && one.capture.techniques.includes(technique)),
          (one) => one.capture.run,
        ).values(),
      ]);
      const found = names.flatMap((name) => {
        const spread = spreadOf(perSeed.map((runs) => mean(runs.map((run) => (alerts(run, name) ? 1 : 0)))));
        return spread ? [[name, spread] as const] : [];
      });
      return { technique, runs: perSeed[0]?.length ?? 0, found: Object.fromEntries(found) };
    })
    .sort((a, b) => b.runs - a.runs);
}

const alerts = (windows: readonly JudgedWindow[], name: ScorerName): boolean =>
  windows.some((one) => (one.scores[name] ?? 0) >= ALERT_PROBABILITY);

/** One bin of a reliability curve: what was said and what was. */
export interface Bin {
  readonly from: number;
  readonly windows: number;
  readonly said: number; // mean shown probability
  readonly attacks: number; // share
}

const BINS = 10;

/** The reliability curve of a scorer over all seeds' labelled windows; empty bins are left out. */
export function reliability(judged: readonly Judged[], name: ScorerName): readonly Bin[] {
  const rated = judged.flatMap(({ windows }) => windows.filter(isLabelled));
  const bins = byKey(rated, (one) => String(Math.min(BINS - 1, Math.floor((one.scores[name] ?? 0) * BINS))));
  return [...bins]
    .map(([bin, windows]) => ({
      from: Number(bin) / BINS,
      windows: windows.length,
      said: mean(windows.map((one) => one.scores[name] ?? 0)),
      attacks: mean(windows.map((one) => (isAttack(one) ? 1 : 0))),
    }))
    .sort((a, b) => a.from - b.from);
}

/** How two sensors of the same runs agree, at the alert threshold. */
export interface SensorAgreement {
  readonly attackRuns: number; // runs that both sensors recorded
  readonly windows: number; // pairs of windows of one run and time
  readonly scorers: Readonly<
    Partial<
      Record<
        ScorerName,
        {
          readonly both: Spread; // share of runs
          readonly onlyAuditd: Spread;
          readonly onlyEbpf: Spread;
          readonly correlation: Spread | null; // of shown probabilities
        }
      >
    >
  >;
}

/** Compares auditd's and eBPF's views of the same runs; null where no run has both. */
export function sensorAgreement(
  judged: readonly Judged[],
  names: readonly ScorerName[],
): SensorAgreement | null {
  const perSeed = judged.map(({ windows }) => viewsOf(windows));
  const first = perSeed[0];
  if (!first || first.windows.length === 0) return null;
  const scorers = names.map((name) => {
    const found = perSeed.map(({ runs }) =>
      runs.map(({ auditd, ebpf }) => `${alerts(auditd, name)} ${alerts(ebpf, name)}`),
    );
    const shareOf = (kind: string): Spread =>
      spreadOf(found.map((runs) => mean(runs.map((one) => (one === kind ? 1 : 0))))) ?? NONE;
    const correlation = spreadOf(
      perSeed.map(({ windows }) =>
        pearson(windows.map(([a, b]) => [a.scores[name] ?? 0, b.scores[name] ?? 0] as const)),
      ),
    );
    return [
      name,
      {
        both: shareOf('true true'),
        onlyAuditd: shareOf('true false'),
        onlyEbpf: shareOf('false true'),
        correlation,
      },
    ] as const;
  });
  return {
    attackRuns: first.runs.length,
    windows: first.windows.length,
    scorers: Object.fromEntries(scorers),
  };
}

const NONE: Spread = { mean: 0, low: 0, high: 0 };

function viewsOf(windows: readonly JudgedWindow[]) {
  const runs: { auditd: readonly JudgedWindow[]; ebpf: readonly JudgedWindow[] }[] = [];
  const pairs: (readonly [JudgedWindow, JudgedWindow])[] = [];
  for (const run of byKey(windows.filter(isLabelled), (one) => one.capture.run).values()) {
    const auditd = run.filter((one) => one.capture.source === 'auditd');
    const ebpf = run.filter((one) => one.capture.source === 'ebpf');
    if (auditd.length === 0 || ebpf.length === 0) continue;
    const [a, b] = [auditd.filter(isAttack), ebpf.filter(isAttack)];
    if (a.length > 0 && b.length > 0) runs.push({ auditd: a, ebpf: b });
    const atEnd = new Map(ebpf.map((one) => [one.end, one]));
    for (const one of auditd) {
      const other = atEnd.get(one.end);
      if (other) pairs.push([one, other]);
    }
  }
  return { runs, windows: pairs };
}

/** Pearson's correlation; null where one side never changes. */
export function pearson(pairs: readonly (readonly [number, number])[]): number | null {
  const [x, y] = [mean(pairs.map(([a]) => a)), mean(pairs.map(([, b]) => b))];
  let [both, left, right] = [0, 0, 0];
  for (const [a, b] of pairs) {
    both += (a - x) * (b - y);
    left += (a - x) ** 2;
    right += (b - y) ** 2;
  }
  return left === 0 || right === 0 ? null : both / Math.sqrt(left * right);
}
