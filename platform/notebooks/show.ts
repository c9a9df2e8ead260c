import { vegaSvg } from '../vega-svg.ts';
import { DISPLAY, type Shown } from './mime-bundle.ts';

/** The form of Vega-Lite that JupyterLab draws by itself. */
const SCHEMA = 'https://vega.github.io/schema/vega-lite/v5.json';

/** A Vega-Lite specification, without its schema. */
export type Picture = Readonly<Record<string, unknown>> & { readonly title: string };

/** A picture as the last value of a cell: live in JupyterLab, and drawn as SVG for everything else. */
export function show(picture: Picture): Shown {
  const spec = { $schema: SCHEMA, background: '#ffffff', ...picture };
  return {
    async [DISPLAY]() {
      return {
        'application/vnd.vegalite.v5+json': spec,
        'image/svg+xml': await vegaSvg(spec),
        'text/plain': picture.title,
      };
    },
  };
}
