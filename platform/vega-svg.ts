/** Draws a Vega-Lite specification. Throws where Vega is not installed: it comes with the development packages only. */
export async function vegaSvg(spec: object): Promise<string> {
  const { parse, View } = await import('vega');
  const { compile } = await import('vega-lite');
  const copy = structuredClone(spec); // Vega marks the objects it draws
  const { spec: drawn } = compile(copy as Parameters<typeof compile>[0]);
  return new View(parse(drawn), { renderer: 'none' }).toSVG();
}
