import { describeSettings } from '../config.ts';
import { STAGES } from '../wire.ts';
import {
  at,
  documentsOf,
  entriesOf,
  faultOfVariable,
  filesBelow,
  isPinned,
  listOf,
  type Node,
  textOf,
} from './deployment-files.ts';

const FOLDER = 'deploy/kubernetes';
const files = filesBelow(FOLDER, /\.ya?ml$/);
const documents = files.flatMap((file) => documentsOf(file).map((document) => ({ file, document })));
const ofKind = (kind: string) =>
  documents.filter(({ document }) => document['kind'] === kind).map(({ document }) => document);
const nameOf = (document: Node) => String(at(document, 'metadata', 'name'));
const inBase = (kind: string) =>
  documents.filter(({ file, document }) => file.startsWith(`${FOLDER}/base/`) && document['kind'] === kind);
const podOf = (document: Node) => at(document, 'spec', 'template', 'spec');
const workloads = documents.filter(
  ({ file, document }) =>
    !file.includes('/overlays/') && ['Deployment', 'Job'].includes(String(document['kind'])),
);

test('every stage is a Deployment that starts it, with a disruption budget of its own', () => {
  const arguments_ = inBase('Deployment').map(({ document }) => at(podOf(document), 'containers', 0, 'args'));
  expect(arguments_).toEqual(expect.arrayContaining(STAGES.map((stage) => ['start', stage])));
  expect(
    inBase('PodDisruptionBudget')
      .map(({ document }) => nameOf(document))
      .sort(),
  ).toEqual([...STAGES].sort());
});

test('every file of a folder is in its kustomization, and every one named there is there', () => {
  for (const file of files.filter((name) => name.endsWith('/kustomization.yaml'))) {
    const folder = file.replace('/kustomization.yaml', '');
    const [kustomization = {}] = documentsOf(file);
    const named = [
      ...listOf(kustomization['resources']),
      ...listOf(kustomization['patches']).map((patch) => at(patch, 'path') ?? ''),
      ...listOf(kustomization['components']),
    ].map(String);
    for (const name of named.filter((name) => name.endsWith('.yaml')))
      expect(files).toContain(`${folder}/${name}`);
    const loose = files.filter(
      (name) => name.startsWith(`${folder}/`) && !name.endsWith('kustomization.yaml'),
    );
    const apart = ['adapter-rules.yaml'];
    expect(
      loose
        .map((name) => name.slice(folder.length + 1))
        .filter((name) => !apart.includes(name) && !named.includes(name)),
    ).toEqual([]);
  }
});

describe.each(
  workloads.map(({ document }) => [`${document['kind']} ${nameOf(document)}`, document] as const),
)('%s', (_, document) => {
  const pod = podOf(document);
  const container = at(pod, 'containers', 0);

  test('meets the restricted profile of pod security', () => {
    expect(at(pod, 'securityContext', 'runAsNonRoot')).toBe(true);
    expect(at(pod, 'securityContext', 'seccompProfile', 'type')).toBe('RuntimeDefault');
    expect(at(pod, 'automountServiceAccountToken')).toBe(false);
    expect(at(container, 'securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('has a pinned image, requests and limits', () => {
    expect(isPinned(String(at(container, 'image')))).toBe(true);
    for (const bound of ['requests', 'limits']) {
      expect(Object.keys(at(container, 'resources', bound) as Node).sort()).toEqual(['cpu', 'memory']);
    }
  });

  test('mounts only volumes, secrets and settings that are declared', () => {
    const volumes = listOf(at(pod, 'volumes'));
    const names = volumes.map((volume) => at(volume, 'name'));
    for (const mount of listOf(at(container, 'volumeMounts'))) expect(names).toContain(at(mount, 'name'));
    const secrets = ofKind('Secret').map(nameOf);
    for (const volume of volumes) {
      const secret = at(volume, 'secret', 'secretName');
      if (secret !== undefined) expect(secrets).toContain(secret);
    }
  });
});

test('the probes of every stage ask the port of ops.port for the addresses that ops.ts answers', () => {
  const port = describeSettings().find(({ name }) => name === 'ops.port')?.standard;
  for (const { document } of inBase('Deployment')) {
    const container = at(podOf(document), 'containers', 0);
    expect(listOf(at(container, 'ports'))).toContainEqual({ name: 'ops', containerPort: Number(port) });
    expect(at(container, 'startupProbe', 'httpGet')).toEqual({ path: '/healthz', port: 'ops' });
    expect(at(container, 'livenessProbe', 'httpGet')).toEqual({ path: '/healthz', port: 'ops' });
    expect(at(container, 'readinessProbe', 'httpGet')).toEqual({ path: '/readyz', port: 'ops' });
    expect(Number(at(podOf(document), 'terminationGracePeriodSeconds'))).toBeGreaterThan(15);
  }
  for (const path of ['/healthz', '/readyz']) expect(textOf('platform/ops.ts')).toContain(`'${path}'`);
});

test('variables name settings, and the secrets of their files are declared', () => {
  const [config = {}] = ofKind('ConfigMap');
  const containers = documents.flatMap(({ document }) => listOf(at(podOf(document), 'containers')));
  const names = [
    ...entriesOf(config['data']).map(([name]) => name),
    ...containers.flatMap((container) =>
      listOf(at(container, 'env')).map((variable) => String(at(variable, 'name'))),
    ),
  ];
  expect(names.map(faultOfVariable).filter(Boolean)).toEqual([]);
  const keys = ofKind('Secret').flatMap((secret) => Object.keys(secret['stringData'] as Node));
  const paths = entriesOf(config['data'])
    .map(([, value]) => String(value))
    .filter((value) => value.startsWith('/run/'));
  for (const path of paths) expect(keys).toContain(path.split('/').at(-1));
});

test('the GPU overlay asks for a GPU, tolerates the taint of its nodes and takes the image of that target', () => {
  const pod = podOf(documentsOf(`${FOLDER}/overlays/gpu/serve.yaml`)[0] ?? {});
  expect(at(pod, 'containers', 0, 'resources', 'limits', 'nvidia.com/gpu')).toBe(1);
  expect(at(pod, 'tolerations', 0, 'key')).toBe('nvidia.com/gpu');
  expect(at(pod, 'containers', 0, 'image')).toMatch(/-gpu$/);
});

test('nothing is scaled by a list of Redis, and nothing beyond the partitions of what it reads', () => {
  const most: Readonly<Record<string, number>> = {
    ingest: 6,
    featurize: 12,
    alerting: 6,
    index: 12,
    serve: 8,
  };
  const scaled = [...ofKind('ScaledObject'), ...ofKind('HorizontalPodAutoscaler')];
  expect(scaled).toHaveLength(10);
  for (const document of scaled) {
    expect(at(document, 'spec', 'maxReplicaCount') ?? at(document, 'spec', 'maxReplicas')).toBe(
      most[nameOf(document)],
    );
    for (const trigger of listOf(at(document, 'spec', 'triggers')))
      expect(at(trigger, 'type')).toBe('prometheus');
  }
});
