import type { SessionView } from '../../../routes.ts';
import { levelOf, probabilityText } from '../format.ts';

const WORDS = { benign: 'benign', attack: 'attack, no alert', alert: 'attack' } as const;

/** A probability as a number and a bar, with the level in words. */
export function Probability({
  value,
  session,
  words = false,
}: {
  readonly value: number;
  readonly session: SessionView;
  readonly words?: boolean;
}) {
  const level = levelOf(value, session);
  return (
    <span class={`probability ${level}`}>
      <b>{probabilityText(value)}</b>
      <span class="bar" aria-hidden="true">
        <span style={{ width: `${Math.max(2, value * 100)}%` }} />
      </span>
      {words && <span class="word">{WORDS[level]}</span>}
    </span>
  );
}

/** The newest probabilities of a host as a small curve; the figures beside it say the same. */
export function Curve({
  points,
  session,
}: {
  readonly points: readonly { readonly at: number; readonly probability: number }[];
  readonly session: SessionView;
}) {
  const [width, height] = [200, 34];
  const x = (place: number) =>
    points.length < 2 ? width / 2 : 3 + (place / (points.length - 1)) * (width - 6);
  const y = (probability: number) => 3 + (1 - probability) * (height - 6);
  const line = points.map(({ probability }, place) => `${x(place).toFixed(1)},${y(probability).toFixed(1)}`);
  return (
    <svg class="curve" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <line
        class="threshold"
        x1="0"
        x2={width}
        y1={y(session.alert_threshold)}
        y2={y(session.alert_threshold)}
      />
      <polyline points={line.join(' ')} />
      {points
        .map((point, place) => ({ ...point, place }))
        .filter(({ probability }) => probability >= session.attack_probability)
        .map(({ probability, place }) => (
          <rect
            key={place}
            class={levelOf(probability, session)}
            x={x(place) - 2}
            y={y(probability) - 2}
            width="4"
            height="4"
          />
        ))}
    </svg>
  );
}

/** The rule that a window between the two probabilities counts as an attack and raises no alert. */
export function Rule({ session }: { readonly session: SessionView }) {
  const attack = session.attack_probability.toFixed(2);
  const alert = session.alert_threshold.toFixed(2);
  return (
    <p class="rule">
      A window counts as an attack from a probability of {attack}; alerts begin at {alert}. Windows between{' '}
      {attack} and {alert} are attacks here and raise no alert. Times are event time: the endpoint’s clock,
      shown in your time zone.
    </p>
  );
}
