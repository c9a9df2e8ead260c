/** More marks in one row say less; the alert's own page lists every technique with its evidence. */
const SHOWN = 8;

/** ATT&CK techniques as a row of marks, each once, however many rules found it. */
export function Techniques({
  of,
}: {
  readonly of: readonly { readonly id: string; readonly name?: string }[];
}) {
  const distinct = [...new Map(of.map((technique) => [technique.id, technique])).values()];
  if (distinct.length === 0) return null;
  const more = distinct.length - SHOWN;
  return (
    <span class="techniques">
      {distinct.slice(0, SHOWN).map(({ id, name }) => (
        <span key={id} class="technique" title={name}>
          {id}
        </span>
      ))}
      {more > 0 && <span class="muted">+{more}</span>}
    </span>
  );
}

/** What the states of an alert are called. */
export const STATE_WORDS = {
  open: 'Open',
  acknowledged: 'Acknowledged',
  investigating: 'Investigating',
  resolved: 'Resolved',
  false_positive: 'False positive',
} as const;
