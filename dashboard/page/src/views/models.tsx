import type { ModelsView as Models, PlatformModels } from '../../../queries/models.ts';
import type { ViewProps } from '../app.tsx';
import { agoText, plural, timeText } from '../format.ts';
import { DriftPart } from '../parts/drift.tsx';
import { ShadowPart } from '../parts/shadow.tsx';
import { Loading, Problem, Stale } from '../parts/states.tsx';
import { VersionsPart } from '../parts/versions.tsx';
import { usePolled } from '../use-polled.ts';

/** Models change seldom, and a registry may be far away. */
const EVERY_MS = 60_000;

/** Each platform's versions, what a challenger would do, how far the world has moved, and who changed what. */
export function ModelsView({ session }: ViewProps) {
  const polled = usePolled<Models>('models', EVERY_MS);
  const { value } = polled;
  return (
    <>
      {polled.loading && <Loading what="the models" />}
      {polled.error && !value && <Problem of={polled.error} again={polled.refresh} />}
      {value && <Stale of={polled.error} />}
      {value?.platforms.map((platform) => (
        <PlatformPart key={platform.platform} of={platform} session={session} />
      ))}
    </>
  );
}

function PlatformPart({ of, session }: Pick<ViewProps, 'session'> & { readonly of: PlatformModels }) {
  const serving = of.versions.find((one) => one.aliases.includes('champion'));
  return (
    <section class="platform" aria-label={of.platform}>
      <h2>
        {of.platform === 'linux' ? 'Linux' : 'Windows'}
        <span class="muted">
          {serving
            ? `version ${serving.version} serves, made ${agoText(serving.created_at)}`
            : 'no version serves'}
        </span>
      </h2>
      <DriftPart of={of} session={session} />
      <div class="row detail">
        <VersionsPart of={of} session={session} />
        <div>
          <ShadowPart of={of} />
          <HistoryPart of={of} />
        </div>
      </div>
    </section>
  );
}

const CHANGED: Readonly<Record<PlatformModels['history'][number]['change'], string>> = {
  blessed: 'was blessed by the gate',
  refused: 'was refused by the gate',
  approved: 'was approved',
  promoted: 'was promoted',
  'rolled-back': 'was rolled back to',
  withdrawn: 'was withdrawn as challenger',
  retired: 'was retired',
};

function HistoryPart({ of: { history } }: { readonly of: PlatformModels }) {
  return (
    <section class="panel">
      <h3 class="panel-head">
        Audit <span class="muted">{history.length > 0 && plural(history.length, 'line')}</span>
      </h3>
      {history.length === 0 && <p class="muted">Nobody has changed anything yet.</p>}
      <ul class="plain">
        {history.map((line) => (
          <li key={`${line.at} ${line.change} ${line.version}`} class="line">
            <span class="named">
              <span>
                Version {line.version} {CHANGED[line.change]}
                {line.from !== null && `, after ${line.from}`}
              </span>
              <span class="muted small wrap">
                {line.by}: {line.why}
              </span>
            </span>
            <span class="muted end" title={timeText(line.at)}>
              {agoText(line.at)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
