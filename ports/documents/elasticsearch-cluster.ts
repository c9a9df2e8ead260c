import { randomUUID } from 'node:crypto';
import { Client } from '@elastic/elasticsearch';
import type { Documents } from './documents.ts';
import { type ElasticsearchOptions, elasticsearchDocuments } from './elasticsearch.ts';

/** For tests: an index takes 0.3 s on an idle machine and seconds on a busy one. */
export const SLOW = 120_000;

/** For tests: as little as a server can do. */
export const SMALL = { shards: 1, replicas: 0, refreshMs: 200 };

export interface TestCluster {
  admin(): Client;
  /** A prefix of its own, whose indices and templates go after the test. */
  newPrefix(): string;
  open(options?: Partial<ElasticsearchOptions>): Promise<Documents>;
  indicesOf(prefix: string): Promise<string[]>;
}

/** For tests: a cluster on which each test leaves nothing. */
export function testCluster(node: string): TestCluster {
  let client: Client | undefined;
  const admin = () => (client ??= new Client({ node })); // not at once: a skipped test has no address
  const prefixes: string[] = [];
  const opened: Documents[] = [];
  const indicesOf = async (prefix: string): Promise<string[]> =>
    Object.keys(await admin().indices.get({ index: `${prefix}*` })).sort();
  const newPrefix = (): string => {
    const prefix = `test-${randomUUID()}-`;
    prefixes.push(prefix);
    return prefix;
  };

  afterEach(async () => {
    for (const documents of opened.splice(0)) await documents.close();
    for (const prefix of prefixes.splice(0)) {
      const indices = await indicesOf(prefix);
      if (indices.length > 0) await admin().indices.delete({ index: indices });
      await admin()
        .indices.deleteIndexTemplate({ name: `${prefix}*` })
        .catch(() => undefined); // none yet
    }
  }, SLOW);
  afterAll(() => client?.close());

  return {
    admin,
    newPrefix,
    indicesOf,
    async open(options = {}) {
      const documents = await elasticsearchDocuments({ node, prefix: newPrefix(), ...SMALL, ...options });
      opened.push(documents);
      return documents;
    },
  };
}
