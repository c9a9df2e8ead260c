import { contributionText, levelOf, probabilityText } from './format.ts';
import { addressOf, placeOf, queryOf } from './route.ts';

test('placeOf() reads a view, an id and filters', () => {
  expect(placeOf('#/inference/a%2Fb?from=0&hostname=h1')).toEqual({
    ...{ view: 'inference', id: 'a/b', filters: { from: '0', hostname: 'h1' } },
  });
});

test('placeOf() shows the summary for what it does not know, and a list where the id is missing', () => {
  expect(placeOf('').view).toBe('summary');
  expect(placeOf('#/<img>/x').view).toBe('summary');
  expect(placeOf('#/alert').view).toBe('alerts');
  expect(placeOf('#/inference/%').id).toBe('%');
});

test('addressOf() takes range and host along, and a view’s own filters only within it', () => {
  const place = placeOf('#/hosts?from=now-1h&hostname=h1&sort=attacks');
  expect(addressOf(place, 'alerts')).toBe('#/alerts?from=now-1h&hostname=h1');
  expect(addressOf(place, 'hosts', { filters: { hostname: '' } })).toBe('#/hosts?from=now-1h&sort=attacks');
  expect(addressOf(place, 'alert', { id: 'a/b' })).toBe('#/alert/a%2Fb?from=now-1h&hostname=h1');
});

test('queryOf() asks with the shared filters alone', () => {
  expect(queryOf(placeOf('#/hosts?from=0&sort=x'), { limit: '6' })).toBe('from=0&limit=6');
});

test('a probability is never shown as reaching a threshold that it does not reach', () => {
  const session = { attack_probability: 0.5, alert_threshold: 0.7 };
  expect([probabilityText(0.6999), levelOf(0.6999, session)]).toEqual(['0.69', 'attack']);
  expect([probabilityText(0.7), levelOf(0.7, session)]).toEqual(['0.70', 'alert']);
  expect([probabilityText(0.29), probabilityText(null)]).toEqual(['0.29', '–']);
});

test('contributionText() always shows the sign', () => {
  expect([0.412, -1.2, 0].map(contributionText)).toEqual(['+0.41', '−1.20', '+0.00']);
});
