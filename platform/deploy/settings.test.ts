import { parse } from 'yaml';
import { describeSettings } from '../config.ts';
import { faultOfSetting, textOf } from './deployment-files.ts';

const FILE = 'deploy/service-config.example.yaml';

/** The settings of the example as `section.key`, with the text of their defaults. */
function settingsOfExample(): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  let section = '';
  for (const line of textOf(FILE).split('\n')) {
    section = /^#([a-z]+):$/.exec(line)?.[1] ?? section;
    const [, key, standard = ''] = /^# {2}([a-z_]+):(?: (.*?))? # ./.exec(line) ?? [];
    if (key) settings.set(`${section}.${key}`, standard);
  }
  return settings;
}

test('the example sets nothing, so that a copy changes nothing', () => {
  expect(parse(textOf(FILE))).toBeNull();
});

test('the example names every setting with its default, and no other', () => {
  const example = settingsOfExample();
  expect([...example.keys()].map(faultOfSetting).filter(Boolean)).toEqual([]);
  const missing = describeSettings().filter(({ name, standard }) => example.get(name) !== standard);
  expect(missing).toEqual([]);
});
