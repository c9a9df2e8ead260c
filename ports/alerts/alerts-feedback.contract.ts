import type { Feedback } from '../../contracts/feedback.ts';
import type { AlertsPlace } from './alerts.contract.ts';
import type { AlertStore } from './alerts.ts';
import { alertOf, feedbackOf } from './sample.ts';

/** What every implementation of the port promises about verdicts. */
export function alertsFeedbackContract(emptyPlace: AlertsPlace): void {
  const opened: AlertStore[] = [];
  const withFeedback = async (...given: readonly Feedback[]): Promise<AlertStore> => {
    const store = await (await emptyPlace())();
    opened.push(store);
    await store.transaction(async (transaction) => {
      for (const feedback of given) await transaction.addFeedback(feedback);
    });
    return store;
  };
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });
  const alert = alertOf('a', { inference_ids: ['i1', 'i2'] });

  test('feedback is kept once per id and given oldest first', async () => {
    const [first, second] = [feedbackOf(alert, { at: 1 }), feedbackOf(alert, { at: 2 })];
    const third = feedbackOf(alertOf('b', {}), { at: 3 });
    const store = await withFeedback(second, first, third, { ...first, notes: 'another text' });
    await store.transaction(async (transaction) => {
      expect(await transaction.feedbackOf(alert.alert_id)).toEqual([first, second]);
    });
    expect(await store.feedback(2, 9)).toEqual([second, third]);
    expect(await store.feedback(0, 1)).toEqual([first]);
    expect(await store.feedback(0, 2, { newestFirst: true })).toEqual([third, second]);
  });

  test('a verdict comes back as it was, with or without an alert, whatever is written in it', async () => {
    const odd = 'NUL \0, half \ud800, quote \' " \\, line\n, 🦉';
    const texts = { analyst: odd, notes: odd, process: odd, endpoint_id: odd, inference_ids: [odd, odd] };
    const onWindow = feedbackOf(alert, {
      ...{ ...texts, alert_id: null, is_true_positive: null, scope: 'process', at: 1.7e9 + 0.123456 },
    });
    const store = await withFeedback(onWindow);
    expect(await store.feedback(0, 9, { analyst: odd })).toEqual([onWindow]);
    expect(await store.transaction((transaction) => transaction.feedbackOn(odd))).toEqual([onWindow]);
  });

  test('feedbackOn() finds the verdicts on a window and on the alert that held it', async () => {
    const onAlert = feedbackOf(alert, { at: 2 });
    const onWindow = feedbackOf(alert, { at: 1, alert_id: null, inference_ids: ['i1'] });
    const store = await withFeedback(onAlert, onWindow);
    const on = (id: string) => store.transaction((transaction) => transaction.feedbackOn(id));
    expect(await on('i1')).toEqual([onWindow, onAlert]);
    expect(await on('i2')).toEqual([onAlert]);
    expect(await on('i3')).toEqual([]);
    await store.transaction(async (transaction) => {
      expect(await transaction.feedbackOf(alert.alert_id)).toEqual([onAlert]);
    });
  });

  test('a verdict may be on thousands of windows', async () => {
    const inference_ids = Array.from({ length: 12_345 }, (_, n) => `i${n}`);
    const feedback = feedbackOf(alert, { inference_ids });
    const store = await withFeedback(feedback);
    for (const id of ['i0', 'i999', 'i1000', 'i12344'])
      expect(await store.transaction((transaction) => transaction.feedbackOn(id))).toEqual([feedback]);
  });

  test('feedback() obeys every filter', async () => {
    const linux = alertOf('b', { platform: 'linux', tenant_id: 'globex' });
    const one = feedbackOf(alert, { at: 1 });
    const two = feedbackOf(alert, { at: 2, analyst: 'lee', reason: 'administration' });
    const three = feedbackOf(linux, { at: 3, analyst: 'lee' });
    const store = await withFeedback(one, two, three);
    const given = (filter: Parameters<AlertStore['feedback']>[2]) => store.feedback(0, 9, filter);
    expect(await given({})).toEqual([one, two, three]);
    expect(await given({ tenantIds: ['globex', 'initech'] })).toEqual([three]);
    expect(await given({ tenantIds: [] })).toEqual([]);
    expect(await given({ platform: 'linux' })).toEqual([three]);
    expect(await given({ reason: 'administration' })).toEqual([two]);
    expect(await given({ analyst: 'lee', newestFirst: true })).toEqual([three, two]);
    expect(await given({ analyst: 'lee', platform: 'windows' })).toEqual([two]);
  });
}
