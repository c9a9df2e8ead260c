import { peakOverTime } from '../../../charts/peak-over-time.ts';
import { probabilityDistribution } from '../../../charts/probabilities.ts';
import { windowsOverTime } from '../../../charts/windows-over-time.ts';
import type { TimelineView } from '../../../queries/timeline.ts';
import type { SessionView } from '../../../routes.ts';
import { countText, plural, probabilityText, timeText } from '../format.ts';
import { Chart } from './chart.tsx';

/** Scored windows over time. */
export function WindowsChart({ view }: { readonly view: TimelineView }) {
  const attacks = view.steps.reduce((sum, step) => sum + step.attacks, 0);
  const errors = view.steps.reduce((sum, step) => sum + step.errors, 0);
  const all = view.steps.reduce((sum, step) => sum + step.attacks + step.benign + step.errors, 0);
  return (
    <Chart
      title="Windows over time"
      inWords={`${countText(all)} windows from ${timeText(view.from)} to ${timeText(view.to)}, of which ${countText(attacks)} attacks and ${countText(errors)} errors. The timeline lists them by step.`}
      legend={
        <span class="legend">
          <span class="key attack">attack</span>
          <span class="key benign">benign</span>
          {errors > 0 && <span class="key error">error</span>}
          <span class="muted">per {stepText(view.step_seconds)}</span>
        </span>
      }
      of={view}
      spec={(palette) => windowsOverTime(view, palette)}
    />
  );
}

interface Thresholded {
  readonly view: TimelineView;
  readonly session: SessionView;
}

/** The highest probability over time. */
export function PeakChart({ view, session }: Thresholded) {
  const peak = Math.max(0, ...view.steps.map((step) => step.max_attack_probability ?? 0));
  const thresholds = { attack: session.attack_probability, alert: session.alert_threshold };
  return (
    <Chart
      title="Peak probability"
      inWords={`The highest attack probability of each step; the highest of all is ${probabilityText(peak)}.`}
      legend={
        <span class="legend">
          <span class="key attack">alerts</span>
          <span class="key warning">no alert</span>
        </span>
      }
      of={view}
      spec={(palette) => peakOverTime(view, thresholds, palette)}
    />
  );
}

/** How the probabilities are distributed. */
export function ProbabilitiesChart({ view, session }: Thresholded) {
  const thresholds = { attack: session.attack_probability, alert: session.alert_threshold };
  const below = view.probabilities.filter((bin) => bin.to <= thresholds.attack + 1e-9);
  const windows = below.reduce((sum, bin) => sum + bin.windows, 0);
  return (
    <Chart
      title="Distribution of probabilities"
      inWords={`${plural(windows, 'window')} lie below ${thresholds.attack}. Heights are square roots of counts.`}
      legend={<span class="legend muted">windows, square-root scale</span>}
      of={view}
      spec={(palette) => probabilityDistribution(view, thresholds, palette)}
    />
  );
}

/** "30 s", "5 min", "2 h", "1 d". */
export function stepText(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${seconds / 60} min`;
  return seconds < 86_400 ? `${seconds / 3600} h` : `${seconds / 86_400} d`;
}
