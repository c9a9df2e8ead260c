import * as vega from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { compile, type TopLevelSpec } from 'vega-lite';

/** A chart that is ready to be put on the page. */
export interface Drawn {
  readonly element: HTMLElement;
  resize(width: number): void;
  finish(): void;
}

/** Pixels in which the labels of both axes still leave room. */
const NARROWEST = 120;

/** Charts bring their data along: whatever a specification would fetch is refused. */
const noLoader: vega.Loader = {
  load: () => Promise.reject(new Error('Charts load nothing')),
  sanitize: () => Promise.reject(new Error('Charts link nowhere')),
  http: () => Promise.reject(new Error('Charts load nothing')),
  file: () => Promise.reject(new Error('Charts load nothing')),
};

/**
 * Draws a specification off the page, so that it can take the place of an earlier one without a flicker.
 * Expressions are interpreted: the page allows no evaluation of text. `tip` is shown beside the pointer.
 */
export async function drawChart(atMost: number, spec: TopLevelSpec, tip: HTMLElement): Promise<Drawn> {
  const width = Math.max(NARROWEST, atMost);
  const sized = { ...spec, width, autosize: { type: 'fit', contains: 'padding' } } as TopLevelSpec;
  const runtime = vega.parse(withNumbers(compile(sized).spec), {}, { ast: true });
  const stand = document.createElement('div');
  stand.setAttribute('aria-hidden', 'true'); // the place around it says in words what it shows
  const view = new vega.View(runtime, {
    expr: expressionInterpreter,
    loader: noLoader,
    renderer: 'svg',
    container: stand,
    hover: false,
    logLevel: vega.Warn,
    tooltip: (_handler, event, _item, value) => showTip(tip, event as MouseEvent, value),
  });
  await view.runAsync();
  return {
    element: stand,
    resize: (to) => void view.width(Math.max(NARROWEST, to)).runAsync(),
    finish: () => {
      view.finalize();
    },
  };
}

/**
 * Vega-Lite writes moments as the expression `datetime(ms)`, of which the interpreter understands only the form
 * with a year and a month; a scale of time takes the number as well.
 */
function withNumbers(spec: vega.Spec): vega.Spec {
  return JSON.parse(JSON.stringify(spec), (_name, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('signal' in value)) return value;
    const moment = /^datetime\((-?\d+(?:\.\d+)?)\)$/.exec(String(value.signal));
    return moment ? Number(moment[1]) : value;
  }) as vega.Spec;
}

/** As text alone: names come from endpoints. */
function showTip(tip: HTMLElement, event: MouseEvent, value: unknown): void {
  if (value === null || value === undefined || typeof value !== 'object') {
    tip.hidden = true;
    return;
  }
  const lines = Object.entries(value).map(([name, text]) => `${name}  ${String(text)}`);
  tip.textContent = lines.join('\n');
  tip.hidden = false;
  const left = Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8);
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${Math.max(8, event.clientY - tip.offsetHeight - 10)}px`;
}
