import type { Drift, Shift, Shifted, Shifts } from '../../../../contracts/drift.ts';
import { precisionByWeek } from '../../../charts/precision-by-week.ts';
import { scorePopulation } from '../../../charts/score-population.ts';
import type { PlatformModels } from '../../../queries/models.ts';
import type { SessionView } from '../../../routes.ts';
import { agoText, countText, plural, shareText } from '../format.ts';
import { Chart } from './chart.tsx';

interface OfPlatform {
  readonly of: PlatformModels;
  readonly session: SessionView;
}

/** How far what is scored has moved from what the champion learnt from, and whether its alerts are right. */
export function DriftPart({ of: { drift }, session }: OfPlatform) {
  if (!drift) return <p class="headline">Drift is measured once an hour; it has not been yet.</p>;
  return (
    <>
      <Headline of={drift} />
      <Figures of={drift} />
      <div class="row lists">
        <Strongest of={drift} />
        <Scores of={drift} session={session} />
        <Precision of={drift} />
      </div>
    </>
  );
}

/** The model scores lower what it was fitted on: such scores are drawn, and prove nothing. */
function comparableScore({ score }: Shifts): Shift | null {
  return score?.comparable ? score : null;
}

const MODERATE = 0.1;
const MAJOR = 0.25;

const WHY_NOT: Readonly<Record<NonNullable<Drift['reason']>, string>> = {
  'too-few': 'Too few graphs were kept to tell: it takes 100.',
  'no-champion': 'No version serves, so there is nothing to compare with.',
  'no-reference': 'The champion does not say what it learnt from; versions trained from now on do.',
};

function Headline({ of }: { readonly of: Drift }) {
  const { shifts, reason } = of;
  const worst = shifts
    ? Math.max(shifts.features.excess, shifts.window.excess, comparableScore(shifts)?.excess ?? 0)
    : undefined;
  const words =
    worst === undefined
      ? WHY_NOT[reason ?? 'too-few']
      : worst >= MAJOR
        ? 'What is scored now is another population than what the champion learnt from.'
        : worst >= MODERATE
          ? 'What is scored has moved from what the champion learnt from.'
          : 'What is scored is like what the champion learnt from.';
  return (
    <p
      class={`headline ${worst === undefined ? '' : worst >= MAJOR ? 'alarm' : worst < MODERATE ? 'calm' : ''}`}
    >
      <strong>{words}</strong>{' '}
      <span class="muted">
        {plural(of.windows, 'kept graph')} of {plural(of.endpoints, 'endpoint')}, of{' '}
        {plural(of.scored, 'scored window')} in {Math.round((of.until - of.from) / 86_400)} days; measured{' '}
        {agoText(of.at)}.
      </span>
    </p>
  );
}

function Figures({ of: { shifts, precision } }: { readonly of: Drift }) {
  const shiftTile = (name: string, shift: Shift | null | undefined) => ({
    name,
    figure: shift ? shift.excess.toFixed(2) : '–',
    unit: shift ? `of ${shift.psi.toFixed(2)}, ${shift.expected.toFixed(2)} by chance` : '',
    alarm: (shift?.excess ?? 0) >= MAJOR,
  });
  const tiles = [
    shiftTile('Drift of features', shifts?.features),
    shiftTile('Drift of windows', shifts?.window),
    shiftTile('Drift of scores', shifts && comparableScore(shifts)),
    {
      name: 'Never seen in training',
      figure: shifts ? shareText(shifts.unseen.nodes) : '–',
      unit: shifts ? `of nodes, ${shareText(shifts.unseen.windows)} of windows` : '',
      alarm: (shifts?.unseen.nodes ?? 0) > 0.05,
    },
    {
      name: 'Alerts that were right',
      figure: precision.judged === 0 ? '–' : shareText(precision.right / precision.judged),
      unit: precision.judged === 0 ? 'none judged' : `of ${countText(precision.judged)} judged`,
      alarm: precision.judged >= 20 && precision.right / precision.judged < 0.5,
    },
  ];
  return (
    <ul class="tiles five" aria-label="Figures of drift">
      {tiles.map(({ name, figure, unit, alarm }) => (
        <li key={name} class={`tile ${alarm ? 'alarm' : ''}`}>
          <span class="name">{name}</span>
          <span class="figure">{figure}</span>
          <small>{unit}</small>
        </li>
      ))}
    </ul>
  );
}

const LISTED = 9;

function Strongest({ of: { shifts } }: { readonly of: Drift }) {
  const rows = shifts?.strongest.slice(0, LISTED) ?? [];
  const most = Math.max(MAJOR, ...rows.map((row) => row.excess));
  return (
    <section class="panel">
      <h3 class="panel-head">
        What moved most <span class="muted">population stability index</span>
      </h3>
      {!shifts && <p class="muted">Not measured.</p>}
      {shifts && rows.length === 0 && <p class="muted">Nothing by more than chance.</p>}
      <ul class="plain">
        {rows.map((row) => (
          <li key={`${row.of} ${row.name}`} class="line ranked" title={inWords(row)}>
            <span class="share" style={{ width: `${(row.excess / most) * 100}%` }} aria-hidden="true" />
            <span class="kind">{row.of}</span>
            <span class="clip">{row.name}</span>
            <b class="end">{row.excess.toFixed(2)}</b>
          </li>
        ))}
      </ul>
      {shifts && <Unseen of={shifts} />}
    </section>
  );
}

function inWords({ psi, expected, endpoints }: Shifted): string {
  return `PSI ${psi.toFixed(2)}, of which ${expected.toFixed(2)} by chance at ${plural(endpoints, 'endpoint')}`;
}

function Unseen({ of: { moved, unseen } }: { readonly of: Shifts }) {
  const named = unseen.features.slice(0, 4).map(({ of, name }) => `${of} ${name}`);
  return (
    <p class="muted small">
      {moved.features} of {plural(moved.of, 'feature')} moved.
      {named.length > 0 && ` Never seen in training: ${named.join(', ')}.`}
    </p>
  );
}

function Scores({ of: { shifts }, session }: { readonly of: Drift; readonly session: SessionView }) {
  const population = shifts?.score?.population;
  if (!population)
    return (
      <section class="panel">
        <h3 class="panel-head">Scores now and then</h3>
        <p class="muted">Too few scores of the champion are kept, or it does not say what they were.</p>
      </section>
    );
  const thresholds = { attack: session.attack_probability, alert: session.alert_threshold };
  const above = (shares: readonly number[]) =>
    shares
      .slice(1)
      .reduce((sum, share, bin) => sum + ((population.edges[bin - 1] ?? 0) >= 0.5 ? share : 0), 0);
  return (
    <Chart
      title="Scores now and then"
      inWords={`${shareText(above(population.now))} of windows score 0.5 or more now; of those that the champion learnt from it was ${shareText(above(population.reference))}.`}
      legend={
        <span class="legend">
          <span class="key benign">now</span>
          <span class="key then">{shifts?.score?.comparable ? 'learnt from' : 'fitted on'}</span>
          <span class="muted">square-root scale</span>
        </span>
      }
      of={population}
      spec={(palette) => scorePopulation(population, thresholds, palette)}
    />
  );
}

function Precision({ of: { precision } }: { readonly of: Drift }) {
  const { weeks, judged, right } = precision;
  if (weeks.length === 0)
    return (
      <section class="panel">
        <h3 class="panel-head">Alerts judged by week</h3>
        <p class="muted">No alert of the last twelve weeks was judged.</p>
      </section>
    );
  return (
    <Chart
      title="Alerts judged by week"
      inWords={`${countText(right)} of ${countText(judged)} judged alerts were right. ${weeks
        .map(
          (week) =>
            `${new Date(week.week * 1000).toISOString().slice(0, 10)}: ${week.right} of ${week.judged}`,
        )
        .join('; ')}.`}
      legend={
        <span class="legend">
          <span class="key attack">right</span>
          <span class="key benign">false alarm</span>
        </span>
      }
      of={precision}
      spec={(palette) => precisionByWeek(weeks, palette)}
    />
  );
}
