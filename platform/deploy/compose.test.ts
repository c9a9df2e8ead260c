import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describeSettings } from '../config.ts';
import { STAGES } from '../wire.ts';
import {
  at,
  entriesOf,
  faultOfVariable,
  isPinned,
  listOf,
  type Node,
  ROOT,
  textOf,
  yamlOf,
} from './deployment-files.ts';

interface Validate {
  (value: unknown): boolean;
  errors?: unknown;
}
const { default: Ajv } = createRequire(import.meta.url)('ajv/dist/2020') as {
  default: new (options: Node) => { compile(schema: Node): Validate };
};

const compose = yamlOf('compose.yaml');
const gpu = yamlOf('compose.gpu.yaml');
const services = entriesOf(compose['services']);
const standardOf = (setting: string) =>
  JSON.parse(describeSettings().find(({ name }) => name === setting)?.standard ?? 'null') as unknown;

test.each(['compose.yaml', 'compose.gpu.yaml'])('%s is what the Compose specification allows', (file) => {
  const schema = JSON.parse(textOf('platform/deploy/compose-spec.schema.json')) as Node;
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  validate(yamlOf(file));
  expect(validate.errors).toBeNull();
});

test('every stage is a service that starts it', () => {
  for (const stage of STAGES) expect(at(compose, 'services', stage, 'command')).toEqual(['start', stage]);
});

test('every component of the reference is there', () => {
  const names = services.map(([name]) => name);
  const components = ['kafka', 'kafka-init', 'redis', 'elasticsearch', 'kibana', 'postgres', 'mlflow'];
  expect(names).toEqual(
    expect.arrayContaining([...components, 'prometheus', 'grafana', 'tempo', 'otel-collector']),
  );
});

describe.each(services)('%s', (name, service) => {
  test('has a pinned image, and bounds of processor, memory and processes', () => {
    expect(isPinned(String(at(service, 'image')))).toBe(true);
    expect(at(service, 'deploy', 'resources', 'limits')).toEqual({
      cpus: expect.any(String),
      memory: expect.any(String),
      pids: expect.any(Number),
    });
  });

  test('has no rights beyond those of a user that is not root', () => {
    expect(at(service, 'user')).toMatch(/^[1-9]\d*:\d+$/);
    expect(at(service, 'cap_drop')).toEqual(['ALL']);
    expect(at(service, 'security_opt')).toEqual(['no-new-privileges:true']);
    expect(at(service, 'privileged')).toBeUndefined();
    const writes = ['kafka', 'elasticsearch', 'kibana']; // compose.yaml says why
    expect(at(service, 'read_only') ?? false).toBe(!writes.includes(name));
  });

  test('rotates its log and publishes on loopback alone', () => {
    expect(at(service, 'logging', 'options', 'max-size')).toBeDefined();
    for (const port of listOf(at(service, 'ports'))) {
      expect(port).toMatch(/^\$\{BIND_ADDRESS:-127\.0\.0\.1\}:\d+:\d+$/);
    }
  });

  test('uses only secrets and volumes that are declared, and files that are there', () => {
    for (const secret of listOf(at(service, 'secrets'))) {
      expect(at(compose, 'secrets', String(secret), 'file')).toBe(`deploy/secrets/${secret}`);
    }
    for (const volume of listOf(at(service, 'volumes')).map(String)) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('./')) expect([source, existsSync(join(ROOT, source))]).toEqual([source, true]);
      else expect(Object.keys(compose['volumes'] as Node)).toContain(source);
    }
    const files = entriesOf(at(service, 'environment')).filter(([, value]) =>
      /^\/run\/secrets\//.test(String(value)),
    );
    for (const [, file] of files) {
      expect(listOf(at(service, 'secrets'))).toContain(String(file).replace('/run/secrets/', ''));
    }
  });

  test('waits only for services that are there, by a condition that they can meet', () => {
    for (const [needed, how] of entriesOf(at(service, 'depends_on'))) {
      const other = at(compose, 'services', needed);
      expect(other).toBeDefined();
      const check = at(other, 'healthcheck') as Node | undefined;
      if (at(how, 'condition') === 'service_healthy') expect(check?.['test']).toBeDefined();
    }
  });
});

test('variables name settings, and every value reads as YAML', () => {
  const variables = [...services, ...entriesOf(gpu['services'])].flatMap(([, service]) =>
    entriesOf(at(service, 'environment')),
  );
  expect(variables.map(([name]) => faultOfVariable(name)).filter(Boolean)).toEqual([]);
  for (const [name, value] of variables) if (name.startsWith('LOGSTER_')) parse(String(value));
  expect(parse(String(at(compose, 'x-environment', 'LOGSTER_KAFKA__BROKERS')))).toEqual(['kafka:9092']);
});

test('ports and health checks agree with the settings', () => {
  const published = (name: string) =>
    String(listOf(at(compose, 'services', name, 'ports'))[0])
      .split(':')
      .at(-1);
  expect(published('api')).toBe(String(standardOf('api.port')));
  expect(published('dashboard')).toBe(String(standardOf('dashboard.port')));
  for (const stage of STAGES) {
    const check = listOf(at(compose, 'services', stage, 'healthcheck', 'test')).join(' ');
    expect(check).toContain(`http://127.0.0.1:${standardOf('ops.port')}/healthz`);
  }
});

test('the stores lie in a network that reaches nothing outside', () => {
  expect(at(compose, 'networks', 'back')).toEqual({ internal: true });
  for (const name of ['redis', 'elasticsearch', 'postgres']) {
    expect(at(compose, 'services', name, 'networks')).toEqual(['back']);
  }
});

test('the GPU overlay asks for one GPU with everything TensorFlow needs of it', () => {
  const serve = at(gpu, 'services', 'serve');
  expect(at(serve, 'deploy', 'resources', 'reservations', 'devices')).toEqual([
    { driver: 'nvidia', count: 1, capabilities: ['gpu', 'compute', 'utility'] },
  ]);
  expect(at(serve, 'build', 'target')).toBe('gpu');
  expect(at(serve, 'environment', 'LOGSTER_BACKEND')).toBe('gpu');
});
