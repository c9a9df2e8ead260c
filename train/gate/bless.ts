import type { Signed } from '../../ports/registry/promotion.ts';
import type { Registry } from '../../ports/registry/registry.ts';
import { BLESS_FILES, type BlessReport, encodeBlessReport } from './bless-report.ts';
import { type GateNeeds, judgeChallenger } from './gate.ts';
import { blessPage } from './page/page.ts';

/** What the gate may say in a line of a history, characters. */
const LONGEST_WHY = 1000;

/**
 * Judges a challenger and records it: the report and its page beside the version, and a line in the history. The
 * report is there before the line, so that a line always has its report.
 */
export async function bless(
  registry: Registry,
  needs: GateNeeds,
  { by, why }: Pick<Signed, 'by' | 'why'>,
): Promise<BlessReport> {
  const report = await judgeChallenger(needs);
  const { name, version } = needs.challenger.version;
  await registry.attach(name, version, BLESS_FILES.page, Buffer.from(blessPage(report)));
  await registry.attach(name, version, BLESS_FILES.json, encodeBlessReport(report));
  const change = report.passed ? 'blessed' : 'refused';
  const said = [why, ...report.reasons.map((one) => one.text)].filter((one) => one !== '').join('; ');
  const from = report.champion.version;
  await registry.record(name, { at: report.at, by, change, version, from, why: said.slice(0, LONGEST_WHY) });
  return report;
}
