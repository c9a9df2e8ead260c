import { readEventData, readEventXml, unescapeXml } from './windows-xml.ts';

test('readEventXml() reads attributes and elements in either quote', () => {
  const xml =
    `noise<Event><System><Provider Name='P' Guid='{}'/><EventID Qualifiers='16384'>7045</EventID>` +
    `<TimeCreated SystemTime='2020-01-01T00:00:00Z'/><Channel>System</Channel><Computer/></System>` +
    `<EventData><Data Name="A">1 &lt; 2</Data><Data Name='B'/><Data>unnamed</Data><Data Name="A">twice</Data></EventData></Event>`;
  expect(readEventXml(xml)).toEqual({
    system: { Provider: 'P', EventID: '7045', TimeCreated: '2020-01-01T00:00:00Z', Channel: 'System' },
    data: { A: '1 < 2' },
  });
});

test('readEventXml() is undefined for other and cut text', () => {
  expect(readEventXml('<a/>')).toBeUndefined();
  expect(readEventXml('<Event><System><EventID>1</EventID>')).toBeUndefined();
});

test('readEventData() ends where the text ends', () => {
  expect(readEventData('<Data Name="A">1</Data><Data Name="B">2')).toEqual({ A: '1' });
  expect(readEventData('<Data Name="A"')).toEqual({});
  expect(Object.getPrototypeOf(readEventData('<Data Name="__proto__">1</Data>'))).toBeNull();
});

test('unescapeXml() resolves numbers and the five names, and nothing else', () => {
  expect(unescapeXml('&lt;&gt;&amp;&quot;&apos;&#65;&#x42;')).toBe(`<>&"'AB`);
  expect(unescapeXml('&xxe; &#x110000; &#0; & &amp')).toBe('&xxe; &#x110000; &#0; & &amp');
});
