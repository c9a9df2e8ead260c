import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Router } from 'express';
import type { Access } from '../../ports/access/access.ts';
import { DOCS_SCRIPT } from './docs-page/docs-script.ts';
import { openApi } from './openapi.ts';

const PAGE = join(import.meta.dirname, 'docs-page');

/** `/openapi.json`, and `/docs`, a page that shows it. */
export function docsRoutes(access: Access): Router {
  const router = Router();
  let description: object | undefined;
  router.get('/openapi.json', access.needs('read'), (_request, response) => {
    description ??= openApi();
    response.json(description);
  });
  router.get('/docs', access.needs('read'), async (_request, response) => {
    response.type('html').send(await readFile(join(PAGE, 'index.html'), 'utf8'));
  });
  router.get('/docs/docs.css', access.needs('read'), async (_request, response) => {
    response.type('css').send(await readFile(join(PAGE, 'docs.css'), 'utf8'));
  });
  router.get('/docs/docs.js', access.needs('read'), (_request, response) => {
    response.type('text/javascript').send(DOCS_SCRIPT);
  });
  return router;
}
