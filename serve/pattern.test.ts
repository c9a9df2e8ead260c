import type { Platform } from '../contracts/event.ts';
import type { ScoredWindow } from './messages.ts';
import { patternOf } from './pattern.ts';

type Carried = Pick<ScoredWindow, 'explained_by' | 'top_edges' | 'top_nodes'>;

function windowOf(platform: Platform, carried: Partial<Carried>): ScoredWindow {
  return {
    inference_id: '',
    window_id: '',
    tenant_id: 'acme',
    endpoint_id: 'h1',
    hostname: 'h1',
    platform,
    window_start: 0,
    window_end: 180,
    timestamp: 180,
    scored_at: 180,
    prediction: 'attack',
    attack_prob: 0.9,
    confidence: 0.9,
    model_name: 'm',
    model_version: '1',
    backend: 'wasm',
    inference_time_ms: 1,
    graph: { num_nodes: 0, num_edges: 0, node_types: {}, edge_types: {} },
    event_count: 1,
    event_ids: [],
    explained_by: 'gradient',
    top_nodes: [],
    top_edges: [],
    prefiltered: false,
    reused: false,
    ...carried,
  };
}

const edgeOf = (source: string, relation: string, target: string, score = 1) => ({
  ...{ source, relation, target, score },
  event_id: '',
});

const ofEdge = (platform: Platform, ...edge: [string, string, string]) =>
  patternOf(windowOf(platform, { top_edges: [edgeOf(...edge)] }));

// labels as recorded captures give them
test.each<[Platform, string, string, string, string]>([
  ['linux', 'cron (811)', 'spawned process', 'backup.sh (9120)', 'cron → backup.sh: spawned process'],
  ['linux', 'chmod (7286)', 'wrote file', '/tmp/.cache/upd', 'chmod → upd: wrote file'],
  ['linux', 'python3.11 (8227)', 'executed file', '/usr/bin/python3.11', 'python# → python#: executed file'],
  ['linux', '? (7131)', 'spawned process', 'cat (7134)', '? → cat: spawned process'],
  ['linux', 'gcc (16717)', 'wrote file', '/tmp/ccCl2XG8.s', 'gcc → #.s: wrote file'],
  ['linux', 'shred (11770)', 'wrote file', '/var/log/0000000', 'shred → log/#: wrote file'],
  ['linux', 'whoami (13039)', 'wrote file', '/etc/*', 'whoami → etc/*: wrote file'],
  ['linux', 'tar (10828)', 'wrote file', '.', 'tar → .: wrote file'],
  ['linux', 'timeout (12516)', 'performed syscall', 'kill', 'timeout → kill: performed syscall'],
  ['linux', 'dash (17504)', 'executed script', 'cat /etc/shadow', 'dash → cat shadow: executed script'],
  [
    ...(['linux', 'bash (8291)', 'executed script', 'bash -i >& /dev/tcp/127.0.0.1/23299 0>&1'] as const),
    'bash → bash -i >& /dev/tcp/loopback/#: executed script',
  ],
  [
    'linux',
    'bash (13783)',
    'connected-to network',
    '127.0.0.1:22/',
    'bash → loopback:22: connected-to network',
  ],
  [
    'linux',
    'nc (9)',
    'connected-to network',
    '[fe80::1]:51515/tcp',
    'nc → linkLocal:#: connected-to network',
  ],
  [
    ...(['windows', 'powershell.exe (1648)', 'connected-to network', '10.10.10.5:80/tcp'] as const),
    'powershell.exe → private:80: connected-to network',
  ],
  [
    ...(['windows', 'waappagent.exe (3260)', 'connected-to network', '168.63.129.16:80/tcp'] as const),
    'waappagent.exe → public:80: connected-to network',
  ],
  [
    ...(['windows', 'svchost.exe (3260)', 'connected-to network', 'cdn7.updates.example.com'] as const),
    'svchost.exe → cdn#.updates.example.com: connected-to network',
  ],
  [
    ...(['windows', 'svchost.exe (1856)', 'accessed process', 'Explorer.EXE (4296)'] as const),
    'svchost.exe → explorer.exe: accessed process',
  ],
  [
    ...(['windows', 'powershell.exe (5708)', 'spawned process', 'rundll32.exe (6264)'] as const),
    'powershell.exe → rundll32.exe: spawned process',
  ],
  [
    ...([
      'windows',
      'certutil.exe (6176)',
      'wrote file',
      'C:\\Users\\alice\\INetCache\\IE\\Z08FGRAH',
    ] as const),
    'certutil.exe → ie/#: wrote file',
  ],
  [
    ...([
      'windows',
      'agent.exe (2)',
      'wrote file',
      'C:\\T\\I_C8B2338B-0138-495D-AE27-6AE734E22C9B.cap',
    ] as const),
    'agent.exe → i_#.cap: wrote file',
  ],
  [
    ...(['windows', 'setup.exe (2)', 'wrote file', 'C:\\T\\app-10.0.19041-3_9f86d081884c.log'] as const),
    'setup.exe → app-#.log: wrote file',
  ],
  [
    ...([
      'windows',
      'FileSyncConfig.exe (7212)',
      'set registry',
      'hku\\*_classes\\clsid\\{}\\defaulticon',
    ] as const),
    'filesyncconfig.exe → hku\\*_classes\\clsid\\{}\\defaulticon: set registry',
  ],
  [
    ...([
      'windows',
      'cmd.exe (1)',
      'executed script',
      '"C:\\Program Files\\Kim\\agent 2.exe" /check /v',
    ] as const),
    'cmd.exe → agent #.exe /check /v: executed script',
  ],
])('%s: %s, %s, %s gives "%s"', (platform, source, relation, target, expected) => {
  expect(ofEdge(platform, source, relation, target)).toBe(expected);
});

test('names that people chose stay as they are', () => {
  const names = [
    'backgroundTaskHost.exe',
    'NetworkWatcherAgent.exe',
    'base64',
    'x86_64-linux-gnu',
    'TiWorker.exe',
  ];
  const kept = names.map((name) => ofEdge('linux', 'sh (1)', 'executed file', `/usr/bin/${name}`));
  expect(kept).toEqual(names.map((name) => `sh → ${name}: executed file`));
});

test('the same kind of thing on two endpoints gives the same words', () => {
  const script = (user: string, port: number) =>
    `/home/${user}/run-${port}.sh --listen 10.1.2.3:${port} --as ${user}`;
  const one = ofEdge('linux', 'bash (1)', 'executed script', script('kim', 4001));
  const other = ofEdge('linux', 'bash (77)', 'executed script', script('ada', 9));
  expect(one).toBe('bash → run-#.sh --listen private:# --as: executed script');
  expect(other).toBe(one);
});

test('of edges that carried equally much the same one is told, in whatever order they lie', () => {
  const edges = [
    edgeOf('sh (1)', 'spawned process', 'id (2)', 0.5),
    edgeOf('sh (1)', 'executed file', '/usr/bin/id', 0.5),
    edgeOf('a (1)', 'executed file', '/usr/bin/a', 0.2),
  ];
  const [first, second, weaker] = edges as [(typeof edges)[0], (typeof edges)[0], (typeof edges)[0]];
  const pattern = patternOf(windowOf('linux', { top_edges: [first, second, weaker] }));
  expect(pattern).toBe('sh → id: executed file');
  expect(patternOf(windowOf('linux', { top_edges: [second, first, weaker] }))).toBe(pattern);
});

test('without an edge that spoke for an attack the strongest node is told, and without one nothing', () => {
  const top_edges = [edgeOf('sh (1)', 'spawned process', 'id (2)', -0.1)];
  const node = { type: 'process', label: 'mimikatz.exe (3180)' };
  const patternWith = (score: number) =>
    patternOf(windowOf('windows', { top_edges, top_nodes: [{ ...node, score }] }));
  expect(patternWith(0.7)).toBe('mimikatz.exe: process');
  expect(patternWith(-0.7)).toBe('');
  expect(patternOf(windowOf('windows', { top_edges }))).toBe('');
});

test('attention is not taken for what carried a score', () => {
  const top_edges = [edgeOf('sh (1)', 'spawned process', 'id (2)')];
  expect(patternOf(windowOf('linux', { top_edges, explained_by: 'attention' }))).toBe('');
});

test('a label cannot break the line or grow without end', () => {
  const pattern = ofEdge('linux', 'a\n\0b (1)', 'wrote file', `/tmp/${'long name '.repeat(100)}`);
  expect(pattern).toMatch(/^a b → (long name ){6}: wrote file$/);
});
