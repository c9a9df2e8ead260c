import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a test's own broker asks of who comes in: nothing, a certificate's trust, a name, or both. */
const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export const BROKER_USER = 'logster';
export const BROKER_PASSWORD = 'moths by moonlight';

const START_MS = 100_000;
const HEAP = '-Xmx256m';

/** A Kafka broker of a test's own, with users and certificates, in a folder that goes with it. */
export interface TestBroker {
  readonly addresses: Readonly<Record<Protocol, string>>;
  readonly caFile: string; // PEM of the authority that signed its certificate
  readonly folder: string;
  /** Starts it (again), with what it stored. */
  start(): Promise<void>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

/** Makes a broker from a folder with Kafka's jars; it is not started yet. Needs java and openssl. */
export async function testBroker(libs: string): Promise<TestBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'logster-kafka-'));
  const ports = await freePorts(PROTOCOLS.length + 1);
  const addresses = Object.fromEntries(
    PROTOCOLS.map((protocol, index) => [protocol, `127.0.0.1:${ports[index]}`]),
  ) as Record<Protocol, string>;
  const settings = join(folder, 'server.properties');
  writeCertificates(folder);
  writeFileSync(settings, propertiesOf(folder, addresses, ports.at(-1) ?? 0));
  const java = [HEAP, '-cp', join(libs, '*')];
  const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${BROKER_USER},password=${BROKER_PASSWORD}]`,
  ]);
  const id = randomBytes(16).toString('base64url');
  execFileSync('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', settings, ...users], {
    stdio: 'pipe',
  });
  let child: ChildProcess | undefined;

  async function kill(): Promise<void> {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null) return;
    await new Promise((resolve) => {
      running.once('exit', resolve);
      running.kill('SIGKILL');
    });
  }
  return {
    addresses,
    caFile: join(folder, 'ca.pem'),
    folder,
    async start() {
      child = spawn('java', [...java, 'kafka.Kafka', settings], { stdio: ['ignore', 'ignore', 'pipe'] });
      process.once('exit', kill); // a test that is broken off leaves nothing behind
      await answers(child, ports);
    },
    kill,
    async remove() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A token without a signature, which brokers take when nobody told them whom to ask. */
export function unsignedToken(lifeSeconds = 600): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  return `${part({ alg: 'none' })}.${part({ sub: BROKER_USER, iat: now, exp: now + lifeSeconds })}.`;
}

async function answers(child: ChildProcess, ports: readonly number[]): Promise<void> {
  let errors = '';
  child.stderr?.on('data', (text) => {
    errors = (errors + text).slice(-2_000);
  });
  const deadline = Date.now() + START_MS;
  for (const port of ports)
    while (!(await isListening(port))) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`Kafka did not start: ${errors}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).on('error', () => resolve(false));
  });
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** An authority, and a certificate that it signed for this machine. */
function writeCertificates(folder: string): void {
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=Test CA',
  );
  openssl('req', ...key, '-keyout', 'broker.key', '-out', 'broker.csr', '-subj', '/CN=localhost');
  writeFileSync(join(folder, 'names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  openssl('x509', '-req', '-in', 'broker.csr', '-out', 'broker.pem', ...signed);
  const parts = ['broker.key', 'broker.pem'].map((name) => readFileSync(join(folder, name), 'utf8'));
  writeFileSync(join(folder, 'keystore.pem'), parts.join(''));
}

function propertiesOf(
  folder: string,
  addresses: Readonly<Record<Protocol, string>>,
  controller: number,
): string {
  const listeners = PROTOCOLS.map((protocol) => `${protocol}://${addresses[protocol]}`);
  const modules = {
    plain: `plain.PlainLoginModule required user_${BROKER_USER}="${BROKER_PASSWORD}"`,
    'scram-sha-256': 'scram.ScramLoginModule required',
    'scram-sha-512': 'scram.ScramLoginModule required',
    oauthbearer: 'oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker"',
  };
  const logins = ['sasl_plaintext', 'sasl_ssl'].flatMap((listener) =>
    Object.entries(modules).map(
      ([mechanism, module]) =>
        `listener.name.${listener}.${mechanism}.sasl.jaas.config=org.apache.kafka.common.security.${module};`,
    ),
  );
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    `listeners=${listeners.join(',')},CONTROLLER://127.0.0.1:${controller}`,
    `advertised.listeners=${listeners.join(',')}`,
    `listener.security.protocol.map=${PROTOCOLS.map((one) => `${one}:${one}`).join(',')},CONTROLLER:PLAINTEXT`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    ...logins,
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${join(folder, 'keystore.pem')}`,
    `log.dirs=${join(folder, 'data')}`,
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=4',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    'auto.create.topics.enable=false',
    '',
  ].join('\n');
}
