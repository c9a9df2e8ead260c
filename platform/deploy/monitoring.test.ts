import { INDICES } from '../../contracts/indices.ts';
import { ALERTS_TOPIC, EVENTS_TOPIC, GROUPS, RESULTS_TOPIC } from '../../contracts/topics.ts';
import { STAGES } from '../wire.ts';
import { at, documentsOf, filesBelow, listOf, textOf, yamlOf } from './deployment-files.ts';

const CODE = ['contracts', 'ports', 'ingest', 'featurize', 'serve', 'alerting', 'dashboard', 'platform'];

/** Names of the metrics that the code counts, without the prefix. */
function metricsOfCode(): ReadonlySet<string> {
  const sources = CODE.flatMap((folder) => filesBelow(folder, /(?<!\.test|\.contract)\.ts$/));
  const names = new Set<string>();
  for (const source of sources) {
    for (const [, how, name = ''] of textOf(source).matchAll(
      /etrics\??\.(count|gauge|observe)\(\s*'(\w+)'/g,
    )) {
      names.add(name);
      if (how === 'observe') for (const part of ['bucket', 'sum', 'count']) names.add(`${name}_${part}`);
    }
  }
  return names;
}

const code = metricsOfCode();

test.each([
  'deploy/prometheus/rules.yml',
  'deploy/grafana/dashboards/logster.json',
  'deploy/kubernetes/components/keda/scaled-objects.yaml',
  'deploy/kubernetes/components/prometheus-adapter/autoscalers.yaml',
  'deploy/kubernetes/components/prometheus-adapter/adapter-rules.yaml',
])('every metric of %s is one that Logster has', (file) => {
  const used = new Set([...textOf(file).matchAll(/\blogster_[a-z0-9_]+/g)].map(([name]) => name));
  const unknown = [...used].filter((name) => !code.has(name.replace('logster_', '')));
  expect(used.size).toBeGreaterThan(0);
  expect(unknown).toEqual([]);
});

test('Prometheus scrapes every stage, and misses each that is gone', () => {
  const jobs = listOf(yamlOf('deploy/prometheus/prometheus.yml')['scrape_configs']);
  expect(at(jobs[0], 'dns_sd_configs')).toEqual([{ names: [...STAGES], type: 'A', port: 9464 }]);
  const rules = textOf('deploy/prometheus/rules.yml');
  for (const stage of STAGES) expect(rules).toContain(`absent(up{job="logster", service="${stage}"})`);
});

test('the files of the cluster are those of compose', () => {
  const folder = 'deploy/kubernetes/components/monitoring';
  const [rules = {}] = documentsOf(`${folder}/rules.yaml`);
  expect(at(rules, 'spec', 'groups')).toEqual(yamlOf('deploy/prometheus/rules.yml')['groups']);
});

test('the dashboard shows each panel once, by the data source that is provisioned', () => {
  const { uid, panels } = JSON.parse(textOf('deploy/grafana/dashboards/logster.json')) as {
    uid: string;
    panels: { id: number; title: string; datasource: { uid: string }; gridPos: { x: number; y: number } }[];
  };
  expect(uid).toBe('logster');
  const sources = listOf(yamlOf('deploy/grafana/provisioning/datasources/datasources.yaml')['datasources']);
  const known = sources.map((source) => at(source, 'uid'));
  for (const panel of panels) expect(known).toContain(panel.datasource.uid);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  expect(new Set(panels.map(({ gridPos: { x, y } }) => `${x} ${y}`)).size).toBe(panels.length);
});

test.each(['deploy/tempo.yaml', 'deploy/otel-collector.yaml', 'deploy/prometheus/rules.test.yml'])(
  '%s parses',
  (file) => {
    expect(Object.keys(yamlOf(file)).length).toBeGreaterThan(0);
  },
);

test.each([
  ['events', EVENTS_TOPIC, 'logster-events', 'event_id', ''],
  ['inferences', RESULTS_TOPIC, 'logster-inferences', 'inference_id', ''],
  ['alerts', ALERTS_TOPIC, 'logster-alerts', 'alert_id', '[alert]'],
] as const)('Logstash writes what the stage index writes: %s', (file, topic, index, id, below) => {
  const pipeline = textOf(`deploy/logstash/${file}.conf`);
  expect(pipeline).toContain(`topics => ["${topic}"]`);
  expect(pipeline).toContain(`group_id => "${GROUPS.index}"`);
  expect(pipeline).toContain(`"[read]${below}[${id}]" => "id"`);
  expect(pipeline).toMatch(new RegExp(`index => "${index}(-%\\{\\[@metadata\\]\\[day\\]\\})?"`));
  for (const field of Object.keys(INDICES[index])) {
    const place = field
      .split('.')
      .map((part) => `[${part}]`)
      .join('');
    expect(pipeline).toContain(`"[read]${below}${place}" => "${place}"`);
  }
  expect(pipeline.split('{').length).toBe(pipeline.split('}').length);
  expect(textOf('deploy/logstash/pipelines.yml')).toContain(`/${file}.conf`);
});
