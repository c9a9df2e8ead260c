import { type BlessReport, GATE_FIGURES } from '../../../train/gate/bless-report.ts';
import { comparedTexts, FIGURE_TEXTS, tellingSlices, unknownText } from '../../../train/gate/page/words.ts';
import { table } from '../../table.ts';

/** A judgement for people at a terminal. */
export function reportText(report: BlessReport): string {
  const { model, champion, challenger, frozen, figures, slices, latency, reasons } = report;
  const { windows, attackRuns, hostDays, captures, leftOut } = frozen;
  const parts = [
    `${model}@${challenger.version} against @${champion.version}, on ${captures.length} frozen captures: ` +
      `${windows.attack} attack windows of ${attackRuns} runs, ${windows.benign} benign windows, ${(24 * hostDays).toFixed(1)} host-hours`,
  ];
  if (figures)
    parts.push(
      table(
        ['figure', 'champion', 'challenger', 'difference (95 %)'],
        GATE_FIGURES.map((name) => [
          FIGURE_TEXTS[name].title,
          ...comparedTexts(figures[name], FIGURE_TEXTS[name]),
        ]),
      ),
    );
  if (slices.length > 0) parts.push(slicesText(report));
  if (latency)
    parts.push(
      `Time: ${latency.ratio.toFixed(2)} times the champion's over ${latency.championMs.length} rounds of ${latency.graphs} graphs (${latency.backend})`,
    );
  if (leftOut.length > 0) parts.push(leftOutText(leftOut));
  if (frozen.unknown.length > 0) parts.push(unknownText(report));
  parts.push(
    [
      report.passed ? 'Passed: nothing speaks against it.' : 'Refused:',
      ...reasons.map((one) => `  ${one.text}`),
    ].join('\n'),
  );
  return parts.join('\n\n');
}

/** The slices that could refuse and those that changed; the others in a word. */
function slicesText(report: BlessReport): string {
  const { told, others } = tellingSlices(report);
  const rows = told.map((one) => [
    `${one.by} ${one.of}`,
    one.runs,
    ...comparedTexts(one, FIGURE_TEXTS.recallShown),
  ]);
  const head = ['recall of runs as shown', 'runs', 'champion', 'challenger', 'difference (95 %)'];
  const rest = others > 0 ? `\n${others} more slices of fewer runs did not change` : '';
  return `${table(head, rows)}${rest}`;
}

const SHOWN_LEFT_OUT = 5;

function leftOutText(leftOut: BlessReport['frozen']['leftOut']): string {
  const lines = leftOut.slice(0, SHOWN_LEFT_OUT).map((one) => `  ${one.id}: ${one.reason}`);
  const more = leftOut.length - lines.length;
  return [
    `Left out, ${leftOut.length}:`,
    ...lines,
    ...(more > 0 ? [`  and ${more} more (--json has them all)`] : []),
  ].join('\n');
}
