/** An event in Windows' own XML: what its `System` part says, and its named data. */
export interface EventXml {
  readonly system: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, string>>;
}

/** No event has more named values; a longer list is not read to its end. */
const MOST_VALUES = 256;

/** The elements of `System` that are used, and the attribute that holds the value where it is no text. */
const SYSTEM = [
  ['Provider', 'Name'],
  ['EventID', ''],
  ['TimeCreated', 'SystemTime'],
  ['EventRecordID', ''],
  ['Execution', 'ProcessID'],
  ['Channel', ''],
  ['Computer', ''],
  ['Security', 'UserID'],
] as const;

/**
 * Reads `<Event><System>…</System><EventData><Data Name="…">…</Data>…`, wherever in the text it begins.
 * A scanner, not a parser: the form is fixed, nothing is resolved or nested, the effort is linear.
 */
export function readEventXml(xml: string): EventXml | undefined {
  const start = xml.indexOf('<Event');
  if (start < 0) return undefined;
  const systemEnd = xml.indexOf('</System>', start);
  if (systemEnd < 0) return undefined;
  const part = xml.slice(start, systemEnd);
  const system: Record<string, string> = Object.create(null);
  for (const [name, attribute] of SYSTEM) {
    const value = attribute === '' ? elementText(part, name) : attributeText(part, name, attribute);
    if (value !== undefined) system[name] = value;
  }
  return { system, data: readEventData(xml, systemEnd) };
}

/** The `<Data Name="…">` values of an `EventData` element, from `start` on. */
export function readEventData(xml: string, start = 0): Readonly<Record<string, string>> {
  const data: Record<string, string> = Object.create(null);
  let at = start;
  for (let count = 0; count < MOST_VALUES; count++) {
    const open = xml.indexOf('<Data ', at);
    if (open < 0) break;
    const close = xml.indexOf('>', open);
    if (close < 0) break;
    at = close + 1;
    const name = attributeOf(xml.slice(open, close), 'Name');
    if (xml.charCodeAt(close - 1) === 47) continue;
    const end = xml.indexOf('</Data>', at);
    if (end < 0) break;
    if (name !== undefined && !(name in data)) data[name] = unescapeXml(xml.slice(at, end));
    at = end + 7;
  }
  return data;
}

function elementText(xml: string, name: string): string | undefined {
  const open = xml.indexOf(`<${name}`);
  const from = open < 0 ? -1 : xml.indexOf('>', open);
  if (from < 0 || xml.charCodeAt(from - 1) === 47) return undefined;
  const end = xml.indexOf(`</${name}>`, from);
  return end < 0 ? undefined : unescapeXml(xml.slice(from + 1, end).trim());
}

function attributeText(xml: string, name: string, attribute: string): string | undefined {
  const open = xml.indexOf(`<${name} `);
  const close = open < 0 ? -1 : xml.indexOf('>', open);
  return close < 0 ? undefined : attributeOf(xml.slice(open, close), attribute);
}

function attributeOf(tag: string, attribute: string): string | undefined {
  const at = tag.indexOf(` ${attribute}=`);
  const from = at + attribute.length + 3;
  const quote = tag.charAt(from - 1);
  if (at < 0 || (quote !== '"' && quote !== "'")) return undefined;
  const end = tag.indexOf(quote, from);
  return end < 0 ? undefined : unescapeXml(tag.slice(from, end));
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** `&#x10ffff;` is the longest entity. */
const ENTITY_CHARACTERS = 10;

/** The text behind XML's five named and its numbered entities; others stay as they are. */
export function unescapeXml(escaped: string): string {
  let text = '';
  let from = 0;
  for (let at = escaped.indexOf('&'); at >= 0; at = escaped.indexOf('&', at + 1)) {
    const length = escaped.slice(at, at + ENTITY_CHARACTERS).indexOf(';') + 1;
    const character = length > 2 ? characterOf(escaped.slice(at + 1, at + length - 1)) : undefined;
    if (character === undefined) continue;
    text += escaped.slice(from, at) + character;
    from = at + length;
  }
  return from === 0 ? escaped : text + escaped.slice(from);
}

function characterOf(entity: string): string | undefined {
  if (entity.charCodeAt(0) !== 0x23) return ENTITIES.get(entity);
  const digits = /^#(?:x([0-9a-f]+)|(\d+))$/i.exec(entity);
  if (digits === null) return undefined;
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
