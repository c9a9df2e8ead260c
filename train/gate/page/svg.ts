/** One axis of a picture: what it shows and where its lines stand. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  readonly label: string;
  readonly show?: (value: number) => string;
}

/** A picture's area inside its margins, pixels. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly x: Axis;
  readonly y: Axis;
}

/** Colours of the two versions and of everything else, told apart without red and green. */
export const COLOURS = {
  champion: '#6b7480',
  challenger: '#0b7285',
  limit: '#c8402f',
  grid: '#e3e6ea',
  text: '#333a42',
} as const;

const MARGIN = { left: 56, right: 16, top: 10, bottom: 40 } as const;

/** Where a value of each axis lies inside the frame, pixels. */
export function placesIn({ width, height, x, y }: Frame) {
  return {
    x: (value: number): number => (width * (value - x.from)) / (x.to - x.from),
    y: (value: number): number => height - (height * (value - y.from)) / (y.to - y.from),
  };
}

/** A picture: axes, grid and the given marks, with a title for those who do not see it. */
export function picture(
  frame: Frame,
  title: string,
  marks: readonly string[],
  leftMargin: number = MARGIN.left,
): string {
  const { width, height, x, y } = frame;
  const at = placesIn(frame);
  const show = (axis: Axis, value: number): string => escaped(axis.show?.(value) ?? String(value));
  const across = x.ticks.map(
    (tick) =>
      line([at.x(tick), 0, at.x(tick), height], COLOURS.grid) +
      text([at.x(tick), height + 16], show(x, tick), 'middle'),
  );
  const up = y.ticks.map(
    (tick) =>
      line([0, at.y(tick), width, at.y(tick)], COLOURS.grid) +
      text([-8, at.y(tick) + 4], show(y, tick), 'end'),
  );
  const labels = [
    text([width / 2, height + 34], escaped(x.label), 'middle'),
    y.label === ''
      ? ''
      : `<text transform="translate(${14 - leftMargin} ${height / 2}) rotate(-90)" text-anchor="middle">${escaped(y.label)}</text>`,
  ];
  const [fullWidth, fullHeight] = [width + leftMargin + MARGIN.right, height + MARGIN.top + MARGIN.bottom];
  return (
    `<svg viewBox="0 0 ${fullWidth} ${fullHeight}" width="${fullWidth}" height="${fullHeight}" role="img" aria-label="${escaped(title)}">` +
    `<g transform="translate(${leftMargin} ${MARGIN.top})">${[...across, ...up, ...labels, ...marks].join('')}</g></svg>`
  );
}

type Points = readonly (readonly [number, number])[];

/** A line through points. */
export function path(points: Points, colour: string, { dashed = false } = {}): string {
  const steps = points.map(([x, y], place) => `${place === 0 ? 'M' : 'L'}${short(x)} ${short(y)}`).join('');
  return `<path d="${steps}" fill="none" stroke="${colour}" stroke-width="2"${dashed ? ' stroke-dasharray="5 3"' : ''}/>`;
}

/** A straight line from (x1, y1) to (x2, y2). */
export function line(
  [x1, y1, x2, y2]: readonly [number, number, number, number],
  colour: string,
  width = 1,
): string {
  return `<line x1="${short(x1)}" y1="${short(y1)}" x2="${short(x2)}" y2="${short(y2)}" stroke="${colour}" stroke-width="${width}"/>`;
}

/** A dot. */
export function dot(
  [x, y]: readonly [number, number],
  colour: string,
  { radius = 4, opacity = 1 } = {},
): string {
  return `<circle cx="${short(x)}" cy="${short(y)}" r="${radius}" fill="${colour}" fill-opacity="${opacity}"/>`;
}

/** Words; they come escaped. */
export function text(
  [x, y]: readonly [number, number],
  words: string,
  anchor: 'start' | 'middle' | 'end' = 'start',
): string {
  return `<text x="${short(x)}" y="${short(y)}" text-anchor="${anchor}">${words}</text>`;
}

/** Text as HTML and SVG take it, in attributes too. */
export function escaped(words: string): string {
  return words.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}

const short = (pixels: number): string => String(Math.round(pixels * 10) / 10);
