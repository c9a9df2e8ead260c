import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedDocs } from './generated-docs.ts';
import { projectRoot } from './root.ts';

test.each(Object.entries(generatedDocs()))(
  '%s is what the code says (`npm run logster -- docs` writes it)',
  (path, text) => {
    const file = join(projectRoot(), path);
    expect(existsSync(file) ? readFileSync(file, 'utf8') : 'missing').toBe(text);
  },
);
