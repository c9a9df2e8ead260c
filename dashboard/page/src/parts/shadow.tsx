import type { PlatformModels } from '../../../queries/models.ts';
import { countText, plural, probabilityText, shareText, timeText } from '../format.ts';
import { addressOf } from '../route.ts';

const LARGEST_SHOWN = 5;

/** What the challenger would have said of the windows that the champion judged. */
export function ShadowPart({ of: { shadow, versions } }: { readonly of: PlatformModels }) {
  const challenger = versions.find((one) => one.aliases.includes('challenger'));
  const champion = versions.find((one) => one.aliases.includes('champion'));
  const report = shadow.find(
    (one) => one.challenger === challenger?.version && one.champion === champion?.version,
  );
  return (
    <section class="panel">
      <h3 class="panel-head">
        Challenger beside champion{' '}
        {report && (
          <span class="muted">
            {report.challenger} beside {report.champion}, {plural(report.windows, 'window')}
          </span>
        )}
      </h3>
      {!challenger && <p class="muted">There is no challenger.</p>}
      {challenger && !report && (
        <p class="muted">Version {challenger.version} has scored nothing beside the champion yet.</p>
      )}
      {report && <Disagreement of={report} />}
    </section>
  );
}

function Disagreement({ of }: { readonly of: PlatformModels['shadow'][number] }) {
  const { windows, failed, difference_sum, largest } = of;
  const thresholds = [
    ['would alert', of.at_alert],
    ['as an attack', of.at_half],
  ] as const;
  return (
    <>
      <table>
        <thead>
          <tr>
            <th scope="col">Windows</th>
            <th scope="col" class="number">
              both
            </th>
            <th scope="col" class="number">
              only champion
            </th>
            <th scope="col" class="number">
              only challenger
            </th>
          </tr>
        </thead>
        <tbody>
          {thresholds.map(([name, counts]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="number">{countText(counts.both)}</td>
              <td class="number">{countText(counts.champion)}</td>
              <td class="number">{countText(counts.challenger)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="muted small">
        Mean difference {(difference_sum / Math.max(1, windows)).toFixed(3)}; they disagree on{' '}
        {shareText((of.at_alert.champion + of.at_alert.challenger) / Math.max(1, windows))} of windows.
        {failed > 0 && ` ${plural(failed, 'window')} could not be scored by the challenger.`}
      </p>
      <ul class="plain" aria-label="Largest differences">
        {largest.slice(0, LARGEST_SHOWN).map((one) => (
          <li key={one.inference_id}>
            <a
              class="line"
              href={addressOf({ view: 'models', id: '', filters: {} }, 'inference', { id: one.inference_id })}
              title={timeText(one.window_end)}
            >
              <b class="wrap">{one.endpoint_id}</b>
              <span class="end">
                {probabilityText(one.champion)} → {probabilityText(one.challenger)}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}
