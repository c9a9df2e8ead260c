import fc from 'fast-check';
import { EVENT_TYPES, PLATFORMS } from '../../contracts/event.ts';
import { eventOf, fires, refusal, ruleText } from './event-fixtures.ts';
import { compileRules, starterRules } from './load-rules.ts';
import { evaluateRules } from './techniques.ts';

const selection = (line: string): string => `selection:\n  ${line}\ncondition: selection`;
const base64 = (text: string, before = ''): string => Buffer.from(before + text).toString('base64');

test.each([
  ['a plain value is the whole field, in any case', "Image: 'C:\\A.EXE'", { image: 'c:\\a.exe' }, true],
  ['a plain value is not a part of the field', "Image: 'a.exe'", { image: 'c:\\a.exe' }, false],
  ['contains finds a part', "CommandLine|contains: 'ENC'", { command_line: 'powershell -enc a' }, true],
  ['startswith', "CommandLine|startswith: 'power'", { command_line: 'powershell -enc a' }, true],
  ['startswith is not elsewhere', "CommandLine|startswith: 'shell'", { command_line: 'powershell' }, false],
  ['endswith', "Image|endswith: '\\cmd.exe'", { image: 'C:\\Windows\\System32\\CMD.exe' }, true],
  ['endswith is not elsewhere', "Image|endswith: '\\cmd'", { image: 'C:\\cmd.exe' }, false],
  ['a list is any of its values', 'CommandLine|contains: [x1, x2]', { command_line: 'a x2' }, true],
  ['all is every value', 'CommandLine|contains|all: [x1, x2]', { command_line: 'a x2' }, false],
  ['all holds for all', 'CommandLine|contains|all: [x1, x2]', { command_line: 'x2 x1' }, true],
  ['wildcards in a value', "Image: '*\\po?ershell*.exe'", { image: 'c:\\x\\powershell_ise.exe' }, true],
  ['an escaped star is a star', "CommandLine|contains: 'a\\*b'", { command_line: 'a*b' }, true],
  ['an escaped star is no wildcard', "CommandLine|contains: 'a\\*b'", { command_line: 'axb' }, false],
  ['cased tells cases apart', "CommandLine|contains|cased: 'ENC'", { command_line: '-enc' }, false],
  ['re tells cases apart', "CommandLine|re: 'e[n]c'", { command_line: '-ENC' }, false],
  ['re with i does not', "CommandLine|re|i: 'e[n]c\\s'", { command_line: '-ENC x' }, true],
  ['re without s stops at a line end', "CommandLine|re: 'a.b'", { command_line: 'a\nb' }, false],
  ['re with s does not', "CommandLine|re|s: 'a.b'", { command_line: 'a\nb' }, true],
  ['re with m knows lines', "CommandLine|re|m: '^b$'", { command_line: 'a\nb' }, true],
  [
    'windash takes every dash',
    "CommandLine|windash|contains: ' -encode '",
    { command_line: 'c /encode x' },
    true,
  ],
  [
    'without windash a dash is a dash',
    "CommandLine|contains: ' -encode '",
    { command_line: 'c /encode x' },
    false,
  ],
  ['null is an absent field', 'ParentImage: null', { image: 'a' }, true],
  ['null is no present field', 'Image: null', { image: 'a' }, false],
  ['an empty text is an absent field', "ParentImage: ''", { image: 'a' }, true],
  ['exists', 'Image|exists: true', { image: 'a' }, true],
  ['exists: false', 'Image|exists: false', { image: 'a' }, false],
  ['numbers are compared as text', 'ProcessId: 42', { process_id: 42 }, true],
  ['gt', 'ProcessId|gt: 41', { process_id: 42 }, true],
  ['gte', 'ProcessId|gte: 42', { process_id: 42 }, true],
  ['lt', 'ProcessId|lt: 42', { process_id: 42 }, false],
  ['lte', 'ProcessId|lte: 42', { process_id: 42 }, true],
  ['cidr', "SourceIp|cidr: '10.0.0.0/8'", { source_ip: '10.200.0.1' }, true],
  ['cidr knows IPv4 inside IPv6', "SourceIp|cidr: '10.0.0.0/8'", { source_ip: '::ffff:10.0.0.1' }, true],
  ['cidr of IPv6', "SourceIp|cidr: 'fe80::/10'", { source_ip: 'fe80::1' }, true],
  ['cidr does not take names', "SourceIp|cidr: '10.0.0.0/8'", { source_ip: '10.example' }, false],
  ['fieldref compares two fields', 'Image|fieldref: ParentImage', { image: 'A', parent_image: 'a' }, true],
  [
    'fieldref with a place',
    'Image|fieldref|endswith: ParentImage',
    { image: 'c:\\a', parent_image: 'a' },
    true,
  ],
  ['neq is the opposite', 'Image|neq: a', { image: 'b' }, true],
  ['base64', 'CommandLine|base64|contains: secret', { command_line: `x ${base64('secret')}` }, true],
  ['a hash is found in Hashes', "Hashes|contains: 'IMPHASH=AB'", { hashes: { imphash: 'abcd' } }, true],
] as const)('%s', (_, line, data, expected) => {
  expect(fires(selection(line), data)).toBe(expected);
});

test('base64offset finds a text wherever it begins in what was encoded', () => {
  for (const before of ['', 'a', 'ab', 'abc']) {
    const command_line = base64('http://evil/x and more', before);
    expect(fires(selection('CommandLine|base64offset|contains: http://evil/'), { command_line })).toBe(true);
  }
});

test('wide and base64offset find a text in an encoded PowerShell command', () => {
  const encoded = Buffer.from('IEX (New-Object Net.WebClient).DownloadString(1)', 'utf16le').toString(
    'base64',
  );
  const line = selection('CommandLine|wide|base64offset|contains: DownloadString');
  expect(fires(line, { command_line: `powershell -enc ${encoded}` })).toBe(true);
  expect(fires(line, { command_line: 'powershell -enc AAAA' })).toBe(false);
});

test('keywords are looked for in every text of an event', () => {
  expect(fires('keywords: [mimi, katz]\ncondition: keywords', { command_line: 'x KATZ y' })).toBe(true);
  expect(fires("keywords:\n  '|all': [mimi, katz]\ncondition: keywords", { command_line: 'x katz y' })).toBe(
    false,
  );
});

test('a mapping means all of its lines, a list of mappings any of them', () => {
  const both = 'selection:\n  Image: a\n  CommandLine: b\ncondition: selection';
  expect(fires(both, { image: 'a', command_line: 'c' })).toBe(false);
  const either = 'selection:\n  - Image: a\n  - CommandLine: b\ncondition: selection';
  expect(fires(either, { image: 'a', command_line: 'c' })).toBe(true);
});

test('what the parsers have no key for is read from the event as it arrived', () => {
  const rules = compileRules([{ file: 'a.yml', text: ruleText(selection('Company: Evil Corp')) }]);
  const event = {
    ...eventOf('windows', 'process_create', {}),
    raw_event: { winlog: { event_data: { Company: 'Evil Corp' } } },
  };
  expect(evaluateRules(rules, [event])).toHaveLength(1);
});

test.each([
  ['an unknown modifier', ruleText(selection('Image|expand: "%a%"')), /expand is not supported/],
  ['a flag without its expression', ruleText(selection('Image|i: a')), /i needs re/],
  ['look-around', ruleText(selection("Image|re: '(?!a)b'")), /look-around/],
  ['a back reference', ruleText(selection("Image|re: '(a)\\1'")), /back references/],
  ['a repetition that explodes', ruleText(selection("Image|re: '((a{100}){100}){100}'")), /repeats too much/],
  ['a network that is none', ruleText(selection('SourceIp|cidr: 10.0.0.0')), /no network/],
  ['an aggregation', ruleText('a:\n  Image: b\ncondition: a | count() > 5'), /aggregations/],
  ['near', ruleText('a:\n  Image: b\ncondition: near a'), /"near" is not supported/],
  ['a timeframe', ruleText('a:\n  Image: b\ntimeframe: 5m\ncondition: a'), /timeframe/],
  ['a search that is missing', ruleText('a:\n  Image: b\ncondition: c'), /no search is named c/],
  ['an empty search', ruleText('a: {}\ncondition: a'), /empty/],
  ['another product', ruleText(selection('a: b'), 'product: macos\n  category: process_creation'), /macos/],
  ['another category', ruleText(selection('a: b'), 'category: proxy'), /category proxy/],
  [
    'another service',
    ruleText(selection('a: b'), 'product: windows\n  service: dns-server'),
    /service dns-server/,
  ],
  ['a correlation', 'title: a\ncorrelation:\n  type: event_count\n', /correlations/],
  ['a collection', 'action: global\ntitle: a\n', /collections/],
  ['broken YAML', 'title: [a', /not YAML/],
  ['no rule at all', '- a\n', /no Sigma rule/],
])('%s is refused by name', (_, text, reason) => {
  expect(refusal(text)).toMatch(reason);
});

test('no event makes the starter rules throw', () => {
  const rules = compileRules(starterRules());
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom('-enc', '\\cmd.exe', '/tmp/../x', '10.0.0.1', '\\*?'),
  );
  const data = fc.record(
    {
      image: text,
      command_line: text,
      parent_image: text,
      target_filename: text,
      target_object: text,
      details: text,
      script_text: text,
      destination_ip: text,
      destination_port: fc.integer(),
      process_id: fc.integer(),
      signed: fc.boolean(),
      hashes: fc.dictionary(fc.string(), text),
      auth_action: text,
      user: text,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...PLATFORMS),
      fc.constantFrom(...EVENT_TYPES),
      data,
      fc.anything(),
      (platform, type, fields, raw) => {
        evaluateRules(rules, [{ ...eventOf(platform, type, fields), raw_event: raw }]);
      },
    ),
    { numRuns: 500 },
  );
});
