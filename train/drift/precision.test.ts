import type { Feedback } from '../../contracts/feedback.ts';
import { precisionByWeek } from './precision.ts';

const MONDAY = Date.parse('2026-11-16T00:00:00Z') / 1000;
let count = 0;

const verdict = (differing: Partial<Feedback>): Feedback => ({
  feedback_id: `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`,
  alert_id: `alert ${count}`,
  tenant_id: 'acme',
  endpoint_id: 'h1',
  platform: 'linux',
  at: MONDAY,
  analyst: 'ann',
  is_true_positive: true,
  reason: 'malicious',
  notes: '',
  techniques: [],
  scope: 'window',
  process: null,
  inference_ids: [],
  model_version: '1',
  replaces: null,
  ...differing,
});

test('alerts are counted by the week of their verdict, from Monday to Sunday', () => {
  const sunday = MONDAY + 7 * 86_400 - 1;
  const verdicts = [
    verdict({ at: MONDAY - 1 }),
    verdict({}),
    verdict({ at: sunday, is_true_positive: false }),
    verdict({ at: sunday + 1 }),
  ];
  expect(precisionByWeek(verdicts)).toEqual({
    judged: 4,
    right: 3,
    weeks: [
      { week: MONDAY - 7 * 86_400, judged: 1, right: 1 },
      { week: MONDAY, judged: 2, right: 1 },
      { week: MONDAY + 7 * 86_400, judged: 1, right: 1 },
    ],
  });
});

test('an alert counts once, by its standing verdicts; a tie and an unknown do not count', () => {
  const first = verdict({ alert_id: 'a' });
  const verdicts = [
    first,
    verdict({ alert_id: 'a', at: MONDAY + 9, is_true_positive: false, replaces: first.feedback_id }),
    verdict({ alert_id: 'b' }),
    verdict({ alert_id: 'b', analyst: 'bob', is_true_positive: false }),
    verdict({ alert_id: 'c', is_true_positive: null }),
    verdict({ alert_id: null }),
  ];
  expect(precisionByWeek(verdicts)).toMatchObject({ judged: 1, right: 0 });
});
