import type { Clock } from '../ports/telemetry/telemetry.ts';
import type { AfterEpoch } from './fit.ts';

/** Epochs between two lines. */
const EVERY = 5;

/** Counts epochs over several fits and says what is done and how long the rest may take. */
export function progress({
  clock,
  report,
  total,
}: {
  readonly clock: Clock;
  readonly report: (line: string) => void;
  readonly total: number; // epochs of all fits together, at most
}): { readonly onFit: (title: string) => AfterEpoch } {
  const started = clock.now();
  let epochs = 0;
  return {
    onFit: (title) => (epoch, loss) => {
      epochs++;
      const perEpoch = (clock.now() - started) / epochs;
      const minutes = (perEpoch * Math.max(0, total - epochs)) / 60;
      if (epoch % EVERY === 0)
        report(
          `${title}: epoch ${epoch}, loss ${loss.toFixed(3)}; at most ${minutes.toFixed(1)} minutes left`,
        );
      return null;
    },
  };
}
