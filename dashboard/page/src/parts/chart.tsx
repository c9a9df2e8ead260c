import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { TopLevelSpec } from 'vega-lite';
import type { Palette } from '../../../charts/theme.ts';
import type { Drawn } from './draw-chart.ts';

interface ChartProps {
  readonly title: string;
  /** What the chart says, in words, for who cannot see it. */
  readonly inWords: string;
  readonly legend?: ComponentChildren;
  /** Given the colours of the moment; called again when `of` or the colour scheme changes. */
  readonly spec: (palette: Palette) => TopLevelSpec;
  readonly of: unknown;
}

/** A chart with its title. Vega is loaded when the first one is drawn. */
export function Chart({ title, inWords, legend, spec, of }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn>(undefined);
  const [failure, setFailure] = useState('');
  const dark = useDark();
  useEffect(() => {
    let stale = false;
    const draw = async () => {
      const { drawChart } = await import('./draw-chart.ts');
      if (stale || !place.current || !tip.current) return;
      const next = await drawChart(place.current.clientWidth, spec(palette()), tip.current);
      if (stale || !place.current || !tip.current) return next.finish();
      tip.current.hidden = true;
      place.current.replaceChildren(next.element);
      drawn.current?.finish();
      drawn.current = next;
    };
    draw().catch((thrown: unknown) => setFailure(String(thrown)));
    return () => {
      stale = true;
    };
  }, [of, dark]);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const watcher = new ResizeObserver(() => drawn.current?.resize(element.clientWidth));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      drawn.current?.finish();
    };
  }, []);
  return (
    <figure class="panel chart">
      <figcaption>
        <h2>{title}</h2>
        {legend}
      </figcaption>
      <div ref={place} class="chart-place" role="img" aria-label={inWords} />
      <div ref={tip} class="chart-tip" hidden />
      {failure !== '' && <p class="problem">The chart could not be drawn: {failure}</p>}
    </figure>
  );
}

function useDark(): boolean {
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setDark(scheme.matches);
    scheme.addEventListener('change', follow);
    return () => scheme.removeEventListener('change', follow);
  }, []);
  return dark;
}

function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: colour('text'),
    muted: colour('muted'),
    line: colour('line'),
    attack: colour('attack'),
    benign: colour('benign'),
    error: colour('error'),
    warning: colour('warning'),
  };
}
