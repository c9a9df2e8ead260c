import { type BlessReport, type Compared, GATE_FIGURES, type GateFigure } from '../bless-report.ts';
import { GATE_LIMITS, type LimitName } from '../limits.ts';
import { allowedFalseAlarms } from '../rules.ts';
import { curvesPicture, histogramPicture, latencyPicture, slicesPicture } from './pictures.ts';
import { STYLE } from './style.ts';
import { escaped } from './svg.ts';
import { comparedTexts, decimal, FIGURE_TEXTS, tellingSlices, unknownText } from './words.ts';

/** A bless report as one page that needs nothing else and runs nothing: tables and drawings. */
export function blessPage(report: BlessReport): string {
  const { model, champion, challenger, passed } = report;
  const title = `${model}@${challenger.version} against @${champion.version}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><main>
<h1>${escaped(title)}</h1>
<p class="verdict ${passed ? 'passed' : 'refused'}"><strong>${passed ? 'Passed' : 'Refused'}</strong> by the gate on ${dayOf(report.at)}, ${basis(report)}.</p>
${reasonsOf(report)}
${figuresSection(report)}
${picturesSection(report)}
${slicesSection(report)}
${latencySection(report)}
${frozenSection(report)}
${limitsSection(report)}
</main></body></html>
`;
}

const dayOf = (at: number): string =>
  `${new Date(at * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

function basis({ frozen }: BlessReport): string {
  const { windows, attackRuns, hostDays, captures } = frozen;
  if (windows.attack + windows.benign === 0) return 'before any window was scored';
  return (
    `on ${captures.length} frozen captures: ${windows.attack} attack windows of ${attackRuns} runs and ` +
    `${windows.benign} benign windows, ${(24 * hostDays).toFixed(1)} host-hours`
  );
}

function reasonsOf({ reasons }: BlessReport): string {
  if (reasons.length === 0) return '<p>Nothing speaks against it.</p>';
  return `<ul class="reasons">${reasons.map((one) => `<li>${escaped(one.text)}.</li>`).join('')}</ul>`;
}

function figuresSection({ figures, reasons, operatingPoints, limits }: BlessReport): string {
  if (!figures) return '';
  const refused = new Set<string>(reasons.map((one) => one.rule));
  const rows = GATE_FIGURES.map((name) => {
    const { title, limit } = FIGURE_TEXTS[name];
    const cells = [
      title,
      ...comparedTexts(figures[name], FIGURE_TEXTS[name]),
      allowedText(name, figures[name], limits),
    ];
    const mark = limit === null ? '' : refused.has(name) ? '✗ refused' : '✓';
    return row([...cells.map(escaped), mark], refused.has(name) ? 'refused' : '');
  });
  const points = operatingPoints
    ? `<p class="note">One false alarm a host and day is reached above ${decimal(operatingPoints.champion)} by the champion and above ${decimal(operatingPoints.challenger)} by the challenger.</p>`
    : '';
  return `<h2>Figures on the same windows</h2>${table(['figure', 'champion', 'challenger', 'difference (95 %)', 'may get worse by', ''], rows)}${points}`;
}

/** What a figure may get worse by; nothing where no rule holds it. */
function allowedText(name: GateFigure, figure: Compared, limits: BlessReport['limits']): string {
  const { showChange, limit } = FIGURE_TEXTS[name];
  if (limit === null) return 'shown only';
  return showChange(limit === 'falseAlarmRise' ? allowedFalseAlarms(figure, limits) : limits[limit]);
}

const LEGEND =
  '<p class="note"><span class="champion">champion, dashed</span> <span class="challenger">challenger</span> <span class="limit">alert threshold, or limit</span></p>';

function picturesSection({ shown }: BlessReport): string {
  if (!shown) return '';
  return (
    `<h2>Scores</h2>${LEGEND}<div class="pictures">` +
    `${curvesPicture(shown)}<div class="stacked">${histogramPicture(shown, 'attack')}${histogramPicture(shown, 'benign')}</div></div>`
  );
}

function slicesSection(report: BlessReport): string {
  const { told, others } = tellingSlices(report);
  if (told.length + others === 0) return '';
  const { sliceRuns } = report.limits;
  const rest =
    others > 0 ? ` ${others} more parts, each of fewer than ${sliceRuns} runs, did not change.` : '';
  const note = `Recall of whole runs as shown; the line is the 95 % interval. Parts of fewer than ${sliceRuns} runs are pale and do not refuse.${rest}`;
  const drawn = told.length > 0 ? slicesPicture(told, report.limits) : '';
  return `<h2>By sensor, laboratory and technique</h2><p class="note">${note}</p>${drawn}`;
}

function latencySection({ latency, limits }: BlessReport): string {
  if (!latency) return '';
  const { ratio, graphs, backend, championMs } = latency;
  const note = `${championMs.length} rounds of ${graphs} graphs in a scorer process (${backend}), both in turns: ${ratio.toFixed(2)} times as long, ${limits.slowdown} are allowed.`;
  return `<h2>Time</h2><p class="note">${escaped(note)}</p>${latencyPicture(latency)}`;
}

function frozenSection(report: BlessReport): string {
  const { frozen, champion, challenger } = report;
  const unknown = unknownText(report);
  const left = frozen.leftOut.map((one) => row([one.id, one.reason].map(escaped)));
  const leftOut = left.length === 0 ? '' : `<h3>Left out</h3>${table(['capture', 'because'], left)}`;
  const used = frozen.captures.map(escaped).join(', ');
  return (
    `<h2>What it rests on</h2>` +
    `<p>Nothing was fitted, tuned or chosen on these captures, and no verdict can reach them. Digest of the set <code>${frozen.digest.slice(0, 16)}</code>, ` +
    `of the champion's files <code>${champion.digest.slice(0, 16)}</code>, of the challenger's <code>${challenger.digest.slice(0, 16)}</code>.</p>` +
    (unknown === '' ? '' : `<p>${escaped(unknown)}</p>`) +
    `<details><summary>${frozen.captures.length} captures</summary><p class="captures">${used}</p></details>${leftOut}`
  );
}

function limitsSection({ limits }: BlessReport): string {
  const names = Object.keys(GATE_LIMITS) as LimitName[];
  const rows = names.map((name) => {
    const { unit, reason, value } = GATE_LIMITS[name];
    const changed = limits[name] === value ? '' : ` (usually ${value})`;
    return row([name, `${limits[name]} ${unit}${changed}`, reason].map(escaped));
  });
  return `<h2>Limits</h2>${table(['limit', 'value', 'why'], rows)}`;
}

function table(head: readonly string[], rows: readonly string[]): string {
  const titles = head.map((one) => `<th scope="col">${escaped(one)}</th>`).join('');
  return `<div class="table"><table><thead><tr>${titles}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

/** A row of cells that come escaped. */
function row(cells: readonly string[], kind = ''): string {
  return `<tr${kind ? ` class="${kind}"` : ''}>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}
