import type { Platform } from '../../contracts/event.ts';
import type { HeteroGraph } from '../../contracts/graph.ts';
import type { Capture } from '../../datasets/manifest.ts';
import { decodeModel } from '../../models/artifact.ts';
import type { Clock } from '../../ports/telemetry/telemetry.ts';
import { byKey } from '../by-key.ts';
import { TICK_SECONDS } from '../judge.ts';
import type { CaptureWindows } from '../windows-of.ts';
import { type BlessReport, judgedVersion, type Reason } from './bless-report.ts';
import type { Candidate } from './candidate.ts';
import { compareVersions } from './compare.ts';
import type { FrozenCaptures } from './frozen.ts';
import { type JudgedWindows, judgeWindows } from './judge-windows.ts';
import { type Limits, limitsWith } from './limits.ts';
import { brokenRules } from './rules.ts';
import { type ScorerNeeds, type TriedScorer, tryScorer } from './try-scorer.ts';

/** What a judgement needs. */
export interface GateNeeds {
  readonly champion: Candidate;
  readonly challenger: Candidate;
  readonly platform: Platform;
  readonly frozen: FrozenCaptures;
  readonly limits?: Partial<Limits>;
  readonly clock: Pick<Clock, 'now'>;
  readonly scorer: ScorerNeeds['scorer'];
  /** A capture's windows, from a cache or from its lines. */
  readonly windowsOf: (capture: Capture) => Promise<CaptureWindows>;
  readonly report?: ((line: string) => void) | undefined;
}

/**
 * Judges a challenger against the champion: whether a real scorer process can serve it, what both show on the same
 * frozen windows, and how long it takes. Says everything that speaks against it; a broken challenger is an answer.
 */
export async function judgeChallenger(needs: GateNeeds): Promise<BlessReport> {
  const { champion, challenger, platform, frozen, windowsOf } = needs;
  const probe = await probeOf(frozen, windowsOf);
  const tried = await tryScorer({ champion, challenger, platform, probe, scorer: needs.scorer });
  try {
    return tried.problem === null ? await judged(needs, tried) : unloaded(needs, tried.problem);
  } finally {
    await tried.close();
  }
}

async function judged(needs: GateNeeds, tried: TriedScorer): Promise<BlessReport> {
  const { frozen } = needs;
  const judgedOn = await judgeWindows({
    champion: decodeModel({ ...needs.champion.files }),
    challenger: decodeModel({ ...needs.challenger.files }),
    captures: frozen.used,
    windowsOf: needs.windowsOf,
    report: needs.report,
  });
  const { figures, slices, operatingPoints } = compareVersions(judgedOn.windows);
  const latency = await tried.measure(judgedOn.graphs);
  const part = { ...partOf(needs, judgedOn), figures, slices, operatingPoints, latency };
  const reasons = brokenRules(part);
  return { ...part, shown: shownBy(judgedOn), reasons, passed: reasons.length === 0 };
}

/** The report of a challenger that no scorer can serve. */
function unloaded(needs: GateNeeds, problem: string): BlessReport {
  const nothing = { windows: [], graphs: [], unread: [] };
  const none = { champion: null, challenger: null, interval: null, limit: null };
  const reason: Reason = { rule: 'loading', text: `A scorer cannot serve it: ${problem}`, ...none };
  return {
    ...partOf(needs, nothing),
    ...{ figures: null, slices: [], operatingPoints: null, latency: null, shown: null },
    reasons: [reason],
    passed: false,
  };
}

function partOf({ champion, challenger, ...needs }: GateNeeds, { windows, unread }: JudgedWindows) {
  const { platform, frozen, clock, limits } = needs;
  const attacks = windows.filter((one) => one.attack);
  const benign = windows.length - attacks.length;
  const missing = new Set(unread.map((one) => one.id));
  return {
    format: 1 as const,
    model: challenger.version.name,
    platform,
    at: clock.now(),
    champion: judgedVersion(champion.version),
    challenger: judgedVersion(challenger.version),
    frozen: {
      captures: frozen.used.map((one) => one.id).filter((id) => !missing.has(id)),
      digest: frozen.digest,
      leftOut: [...frozen.leftOut, ...unread],
      unknown: [champion, challenger]
        .filter((one) => one.learntFrom === null)
        .map(({ version }) => version.version),
      windows: { attack: attacks.length, benign },
      attackRuns: byKey(attacks, (one) => one.capture.run).size,
      hostDays: (benign * TICK_SECONDS) / 86_400,
    },
    limits: limitsWith(limits),
  };
}

function shownBy({ windows }: JudgedWindows): BlessReport['shown'] {
  const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;
  const of = (who: 'champion' | 'challenger') => {
    const shown = (attack: boolean) =>
      windows.filter((one) => one.attack === attack).map((one) => rounded(one[who]));
    return { attack: shown(true), benign: shown(false) };
  };
  return { champion: of('champion'), challenger: of('challenger') };
}

/** One graph of the first capture that has any. */
async function probeOf(
  { used }: FrozenCaptures,
  windowsOf: GateNeeds['windowsOf'],
): Promise<readonly HeteroGraph[]> {
  for (const capture of used) {
    const { windows } = await windowsOf(capture);
    if (windows[0]) return [windows[0].graph];
  }
  return [];
}
