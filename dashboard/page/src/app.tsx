import { useEffect, useState } from 'preact/hooks';
import type { SessionView } from '../../routes.ts';
import { FilterBar } from './parts/filter-bar.tsx';
import { SignIn } from './parts/sign-in.tsx';
import { Loading, Problem } from './parts/states.tsx';
import { addressOf, type Place, usePlace, type View } from './route.ts';
import { usePolled } from './use-polled.ts';
import { AlertView } from './views/alert.tsx';
import { AlertsView } from './views/alerts.tsx';
import { AttacksView } from './views/attacks.tsx';
import { HostsView } from './views/hosts.tsx';
import { InferenceView } from './views/inference.tsx';
import { QueueView } from './views/queue.tsx';
import { ModelsView } from './views/models.tsx';
import { SummaryView } from './views/summary.tsx';
import { TimelineView } from './views/timeline.tsx';

/** What every view is given. */
export interface ViewProps {
  readonly place: Place;
  readonly session: SessionView;
}

const TABS: readonly { readonly view: View; readonly name: string }[] = [
  { view: 'summary', name: 'Summary' },
  { view: 'hosts', name: 'Hosts' },
  { view: 'timeline', name: 'Timeline' },
  { view: 'attacks', name: 'Recent attacks' },
  { view: 'alerts', name: 'Alerts' },
  { view: 'queue', name: 'Review queue' },
  { view: 'models', name: 'Models' },
];

const TITLES: Record<View, string> = {
  summary: 'Summary',
  hosts: 'Hosts',
  timeline: 'Timeline',
  attacks: 'Recent attacks',
  alerts: 'Alerts',
  queue: 'Review queue',
  models: 'Models',
  inference: 'Inference detail',
  alert: 'Alert',
};

/** Who may look changes seldom: asked anew each five minutes. */
const SESSION_EVERY_MS = 300_000;

/** The whole page: where one is, what it is filtered by, and the view. */
export function App() {
  const place = usePlace();
  const session = usePolled<SessionView>('session', SESSION_EVERY_MS);
  useEffect(() => {
    document.title = `${TITLES[place.view]} · Logster`;
  }, [place.view]);
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href={addressOf(place, 'summary')}>
          <img src="./icon.svg" alt="" width="24" height="24" />
          Logster
        </a>
        <nav aria-label="Views">
          {TABS.map(({ view, name }) => (
            <a key={view} href={addressOf(place, view)} aria-current={isIn(place, view) ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        {session.value?.access === 'configured' && <span class="who">{session.value.name}</span>}
      </header>
      <main id="content" tabIndex={-1}>
        <Content place={place} session={session.value} />
        {session.loading && <Loading what="the dashboard" />}
        {session.error?.status === 401 && <SignIn reason={session.error.message} onKey={session.refresh} />}
        {session.error && session.error.status !== 401 && !session.value && (
          <Problem of={session.error} again={session.refresh} />
        )}
      </main>
    </>
  );
}

function Content({ place, session }: { readonly place: Place; readonly session: SessionView | undefined }) {
  const [key, setKey] = useState('');
  useEffect(() => {
    const next = `${place.view}/${place.id}`;
    if (key !== '' && key !== next) scrollTo(0, 0);
    setKey(next);
  }, [place.view, place.id, key]);
  if (!session) return null;
  const shown = { place, session };
  switch (place.view) {
    case 'inference':
      return <InferenceView {...shown} />;
    case 'alert':
      return <AlertView {...shown} />;
    default:
      return (
        <>
          <div class="head">
            <h1>{TITLES[place.view]}</h1>
            {place.view !== 'queue' && place.view !== 'models' && <FilterBar place={place} />}
          </div>
          {place.view === 'summary' && <SummaryView {...shown} />}
          {place.view === 'hosts' && <HostsView {...shown} />}
          {place.view === 'timeline' && <TimelineView {...shown} />}
          {place.view === 'attacks' && <AttacksView {...shown} />}
          {place.view === 'alerts' && <AlertsView {...shown} />}
          {place.view === 'queue' && <QueueView {...shown} />}
          {place.view === 'models' && <ModelsView {...shown} />}
        </>
      );
  }
}

function isIn(place: Place, tab: View): boolean {
  return (
    place.view === tab ||
    (place.view === 'inference' && tab === 'attacks') ||
    (place.view === 'alert' && tab === 'alerts')
  );
}

/** A button, since a link would change the address, which holds the view. */
function skip(): void {
  document.getElementById('content')?.focus();
}
