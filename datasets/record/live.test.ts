import { BENIGN } from '../scenarios/benign/index.ts';
import { monthOf } from './live.ts';

test('a month holds every kind of work, daily work twenty times as often as monthly work', () => {
  const month = monthOf(BENIGN);
  const times = (name: string) => month.filter((one) => one.name === name).length;
  expect([times('git-work'), times('back-up'), times('passwords-audited')]).toEqual([20, 4, 1]);
  expect(new Set(month)).toEqual(new Set(BENIGN));
});
