/** ATT&CK techniques as a row of marks. */
export function Techniques({
  of,
}: {
  readonly of: readonly { readonly id: string; readonly name?: string }[];
}) {
  if (of.length === 0) return null;
  return (
    <span class="techniques">
      {of.map(({ id, name }) => (
        <span key={id} class="technique" title={name}>
          {id}
        </span>
      ))}
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
