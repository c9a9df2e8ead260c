import type { TimelineView as Timeline } from '../../../queries/timeline.ts';
import type { ViewProps } from '../app.tsx';
import { countText, figureText, probabilityText, timeText } from '../format.ts';
import { Rule } from '../parts/probability.tsx';
import { Loading, Nothing, Problem, Stale } from '../parts/states.tsx';
import { PeakChart, ProbabilitiesChart, stepText, WindowsChart } from '../parts/time-charts.tsx';
import { addressOf, queryOf } from '../route.ts';
import { usePolled } from '../use-polled.ts';

/** Attacks over time, as charts and as a table that leads to the records. */
export function TimelineView({ place, session }: ViewProps) {
  const polled = usePolled<Timeline>(`timeline?${queryOf(place)}`);
  const { value } = polled;
  if (polled.loading) return <Loading what="the timeline" />;
  if (!value) return polled.error ? <Problem of={polled.error} again={polled.refresh} /> : null;
  if (value.steps.length === 0) return <Nothing place={place} what="scored windows" />;
  const step = value.step_seconds;
  return (
    <>
      <Stale of={polled.error} />
      <WindowsChart view={value} />
      <div class="row charts two">
        <PeakChart view={value} session={session} />
        <ProbabilitiesChart view={value} session={session} />
      </div>
      <section class="panel">
        <h2>
          Steps of {stepText(step)} <span class="muted">{value.steps.length} with windows, newest first</span>
        </h2>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
        <section class="scroll" tabIndex={0} aria-label="Steps">
          <table>
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col" class="number">
                  Attacks
                </th>
                <th scope="col" class="number">
                  Benign
                </th>
                <th scope="col" class="number">
                  Errors
                </th>
                <th scope="col" class="number">
                  Peak
                </th>
                <th scope="col" class="number">
                  ms
                </th>
              </tr>
            </thead>
            <tbody>
              {[...value.steps].reverse().map((row) => (
                <tr key={row.at} class={row.attacks > 0 ? 'alarm' : ''}>
                  <th scope="row">
                    <a
                      href={addressOf(place, 'attacks', {
                        filters: { from: String(row.at), to: String(row.at + step) },
                      })}
                    >
                      {timeText(row.at)}
                    </a>
                  </th>
                  <td class="number">{countText(row.attacks)}</td>
                  <td class="number">{countText(row.benign)}</td>
                  <td class="number">{countText(row.errors)}</td>
                  <td class="number">{probabilityText(row.max_attack_probability)}</td>
                  <td class="number">{figureText(row.average_inference_time_ms)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </section>
      <Rule session={session} />
    </>
  );
}
