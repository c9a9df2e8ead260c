import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { api } from '../alerting/api/api.ts';
import type { Stage } from '../contracts/stage.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import { embeddedAlerts } from '../ports/alerts/embedded.ts';
import type { Documents } from '../ports/documents/documents.ts';
import { embeddedDocuments } from '../ports/documents/embedded.ts';
import { embeddedGraphs } from '../ports/graphs/embedded.ts';
import type { GraphStore } from '../ports/graphs/graphs.ts';
import { keptOf } from '../ports/graphs/sample.ts';
import { folderRegistry } from '../ports/registry/embedded.ts';
import { systemClock } from '../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { dashboard } from './dashboard.ts';
import { type Sample, sampleAttack, storeSample } from './sample-attack.ts';
import { sampleModels } from './sample-models.ts';

const PAGE = join(import.meta.dirname, '..', 'dist', 'dashboard-page');
const executablePath = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  .flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find((file) => existsSync(file));
const missing = !executablePath
  ? 'needs Chromium or Chrome on the PATH'
  : existsSync(join(PAGE, 'index.html'))
    ? undefined
    : 'needs the built page: npm run build';

const ARGUMENTS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

(missing ? describe.skip : describe)(`the page in a browser${missing ? ` (${missing})` : ''}`, () => {
  let directory: string;
  let documents: Documents;
  let alerts: AlertStore;
  let graphs: GraphStore;
  let sample: Sample;
  let browser: Browser;
  let stages: readonly (Stage & { readonly url: string })[];
  const complaints: string[] = [];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'logster-page-'));
    documents = embeddedDocuments({ file: join(directory, 'documents.db') });
    alerts = await embeddedAlerts({ file: join(directory, 'alerts.db') });
    graphs = await embeddedGraphs({ file: join(directory, 'graphs.db') });
    sample = sampleAttack(Date.now() / 1000); // the browser's own clock says how long ago
    await storeSample(sample, { documents, alerts });
    const shared = { documents, alerts, telemetry: recordedTelemetry(), clock: systemClock };
    const local = { host: '127.0.0.1', port: 0 };
    const answering = await api({ ...shared, graphs, settings: { ...local, corsOrigins: [] } });
    const settings = { ...local, apiUrl: answering.url };
    const registry = folderRegistry({ directory: join(directory, 'registry') });
    const models = await sampleModels(registry, Date.now() / 1000);
    stages = [answering, await dashboard({ ...shared, models, pageDirectory: PAGE, settings })];
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: ARGUMENTS });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    for (const stage of stages) await stage.close();
    await documents.close();
    await alerts.close();
    await graphs.close();
    rmSync(directory, { recursive: true });
  });
  beforeEach(() => {
    complaints.length = 0;
  });

  /** A fresh tab at an address of the page; whatever the browser complains of is kept. */
  async function open(hash: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    page.on('console', (line) => {
      if (line.type() === 'error' || line.type() === 'warning') complaints.push(line.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('dialog', (dialog) => {
      complaints.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(`${stages[1]!.url}/${hash}`);
    await page.waitForSelector('main h1');
    return page;
  }

  const attack = () => `#/inference/${sample.attack.inference_id}`;
  const views: readonly (readonly [name: string, hash: () => string, shown: string])[] = [
    ['Summary', () => '#/summary', '.tiles .tile:nth-child(10)'],
    ['Hosts', () => '#/hosts', '.card .curve'],
    ['Timeline', () => '#/timeline', 'tbody tr.alarm'],
    ['Recent attacks', () => '#/attacks', '.attack-row'],
    ['Alerts', () => '#/alerts', '.alert-row'],
    ['Models', () => '#/models', '.platform .ranked'],
    ['Alert', () => `#/alert/${sample.alerts[0]!.alert_id}`, '.verdict'],
    ['Inference detail', attack, '[role=treeitem]'],
    ['an empty range', () => '#/summary?from=0&to=1', '.state.nothing'],
  ];

  test.each(views)(
    '%s is drawn under the policy, without a complaint, and is accessible',
    async (_, hash, shown) => {
      const page = await open(hash(), { colorScheme: 'dark', viewport: { width: 1600, height: 900 } });
      await page.waitForSelector(shown);
      if ((await page.locator('.chart-place').count()) > 0) await page.waitForSelector('.chart-place svg');
      await page.evaluate(axe.source);
      const check = async () => {
        const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults;
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(
          0,
        );
      };
      await check();
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 390, height: 844 });
      await check();
      await page.context().close();
      expect(complaints).toEqual([]);
    },
  );

  test('the charts show every step, the attacks in their own colour', async () => {
    const page = await open('#/timeline');
    await page.locator('.chart-place svg').nth(2).waitFor();
    const bars = page.locator('.chart-place').first().locator('svg .mark-rect path');
    expect(await bars.count()).toBeGreaterThan(55);
    const fills = await bars.evaluateAll((all) => [...new Set(all.map((bar) => bar.getAttribute('fill')))]);
    expect(fills).toHaveLength(2);
    const places = await bars.evaluateAll(
      (all) => new Set(all.map((bar) => bar.getBoundingClientRect().x)).size,
    );
    expect(places).toBeGreaterThan(55);
    await page.context().close();
  });

  test('Inference detail marks the evidence in the table and in the tree, up to the root', async () => {
    const page = await open(attack());
    await page.waitForSelector('tr.evidence');
    expect(await page.locator('tr.evidence').count()).toBe(5);
    expect(await page.locator('tr.evidence').first().innerText()).toContain('T1059.001');
    const items = page.locator('[role=treeitem]');
    expect(await items.first().innerText()).toContain('userinit.exe');
    const marked = page.locator('[role=treeitem].evidence');
    expect(await marked.first().innerText()).toContain('powershell.exe');
    expect(await marked.first().getAttribute('aria-level')).toBe('4');
    await page.getByLabel('Evidence only').check();
    expect(await page.locator('table.events tbody tr').count()).toBe(5);
    await page.context().close();
  });

  test('the process tree is walked by keyboard and narrows the table to one process', async () => {
    const page = await open(attack());
    await page.locator('[role=treeitem]').first().focus();
    for (const key of ['End', 'ArrowLeft', 'Enter']) await page.keyboard.press(key);
    const chosen = page.locator('[role=treeitem][aria-selected=true]');
    expect(await chosen.innerText()).toContain('powershell.exe');
    const processes = await page.locator('table.events .actor').allInnerTexts();
    expect(new Set(processes)).toEqual(new Set(['powershell.exe 6612']));
    await page.context().close();
  });

  test('text of an attacker stays text', async () => {
    const page = await open(attack());
    await page.waitForSelector('table.events');
    expect(await page.locator('table.events').innerText()).toContain('<img src=x onerror=alert(1)>');
    expect(await page.locator('main img').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('range and host stay in the address from view to view, and the empty state leads to all time', async () => {
    const page = await open('#/summary?from=0&to=1&hostname=fs-01');
    await page.getByText('Show all time').click();
    await page.waitForSelector('.state.nothing', { state: 'detached' });
    expect(page.url()).toMatch(/#\/summary\?from=0&hostname=fs-01$/);
    await page.getByRole('link', { name: 'Recent attacks' }).click();
    await page.waitForSelector('.attack-row');
    expect(page.url()).toMatch(/#\/attacks\?from=0&hostname=fs-01$/);
    expect(await page.locator('.attack-row').count()).toBe(1);
    await page.context().close();
  });

  test('a verdict goes through the API and shows at once; a refusal is shown in its words', async () => {
    const page = await open(`#/alert/${sample.alerts[0]!.alert_id}`);
    await page.getByLabel('Note').fill('confirmed with the owner');
    await page.getByRole('button', { name: 'True positive' }).click();
    await page.waitForSelector('.state-word.resolved');
    const alert = await alerts.get(sample.alerts[0]!.alert_id);
    expect(alert).toMatchObject({ status: 'resolved', verdict: 'true_positive' });
    await page.route('**/api/feedback', (route) =>
      route.fulfill({ status: 409, json: { detail: 'Judged already by someone' } }),
    );
    await page.getByRole('button', { name: 'False positive' }).click();
    await page.getByText('Judged already by someone').waitFor();
    await page.context().close();
  });

  test('the review queue offers a kept window, and a verdict on it takes it away', async () => {
    const now = Date.now() / 1000;
    const window = keptOf('w', { tenantId: 'default', windowStart: now - 180, windowEnd: now });
    await graphs.keep([window]);
    const page = await open('#/queue?from=0');
    await page.getByText(window.pattern).waitFor();
    await page.evaluate(axe.source);
    expect(((await page.evaluate('axe.run()')) as axe.AxeResults).violations).toEqual([]);
    await page.getByLabel('Reason').selectOption('automation');
    await page.getByLabel('Holds for').selectOption('process');
    await page.getByRole('textbox', { name: 'Process' }).fill('backup.sh');
    await page.getByRole('button', { name: 'Benign' }).click();
    await page.getByText('There is no window to judge.').waitFor();
    expect((await alerts.feedback(0, 9)).at(-1)).toMatchObject({
      ...{ inference_ids: [window.inferenceId], is_true_positive: false },
      ...{ reason: 'automation', scope: 'process', process: 'backup.sh' },
    });
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
