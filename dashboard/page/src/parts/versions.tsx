import { useState } from 'preact/hooks';
import type { PlatformModels, VersionView } from '../../../queries/models.ts';
import type { SessionView } from '../../../routes.ts';
import { keptKey } from '../fetch-json.ts';
import { timeText } from '../format.ts';

/** The figures that versions are compared by, in this order; others follow by name. */
const FIGURES: readonly (readonly [key: string, name: string])[] = [
  ['prAuc', 'PR-AUC'],
  ['rocAuc', 'ROC-AUC'],
  ['runRecall', 'Attacks found'],
  ['benignAlertShare', 'Benign alerting'],
  ['brier', 'Brier'],
];

interface OfPlatform {
  readonly of: PlatformModels;
  readonly session: SessionView;
}

/** Versions with their figures side by side, the newest first. */
export function VersionsPart({ of: { name, versions, total }, session }: OfPlatform) {
  const shown = FIGURES.filter(([key]) => versions.some((one) => one.metrics[key] !== undefined));
  return (
    <section class="panel">
      <h3 class="panel-head">
        Versions <code class="muted">{name}</code>
        {total > versions.length && (
          <span class="muted">
            the newest {versions.length} of {total}
          </span>
        )}
      </h3>
      {versions.length === 0 && <p class="muted">None is registered.</p>}
      {versions.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        <section class="scroll" tabIndex={0} aria-label={`Versions of ${name}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Version</th>
                <th scope="col">Made</th>
                <th scope="col">Origin</th>
                {shown.map(([key, title]) => (
                  <th key={key} scope="col" class="number">
                    {title}
                  </th>
                ))}
                <th scope="col">Gate</th>
              </tr>
            </thead>
            <tbody>
              {versions.map((one) => (
                <tr key={one.version}>
                  <th scope="row">
                    {one.version}{' '}
                    {one.aliases.map((alias) => (
                      <span key={alias} class={`badge ${alias}`}>
                        {alias}
                      </span>
                    ))}
                  </th>
                  <td>{timeText(one.created_at).slice(0, 16)}</td>
                  <td>{one.origin}</td>
                  {shown.map(([key]) => (
                    <td key={key} class="number">
                      {one.metrics[key]?.toFixed(3) ?? '–'}
                    </td>
                  ))}
                  <td>{one.judged ? <Report name={name} of={one} session={session} /> : '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}

/** The gate's report. A link carries no key, so with access configured the report is fetched and kept as a file. */
function Report({
  name,
  of: { version },
  session,
}: {
  readonly name: string;
  readonly of: VersionView;
  readonly session: SessionView;
}) {
  const [failure, setFailure] = useState('');
  const address = `models/${encodeURIComponent(name)}/${encodeURIComponent(version)}/bless.html`;
  if (session.access !== 'configured')
    return (
      <a href={address} target="_blank" rel="noopener noreferrer">
        Report
      </a>
    );
  const fetchIt = async () => {
    const answer = await fetch(address, { headers: { authorization: `Bearer ${keptKey()}` } });
    if (!answer.ok) return setFailure(`The server answered ${answer.status}`);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await answer.blob());
    link.download = `${name}-${version}-bless.html`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <>
      <button type="button" onClick={() => void fetchIt().catch((thrown) => setFailure(String(thrown)))}>
        Save report
      </button>
      {failure !== '' && <span class="problem">{failure}</span>}
    </>
  );
}
