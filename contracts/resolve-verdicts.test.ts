import fc from 'fast-check';
import { type Feedback, SCOPES } from './feedback.ts';
import { resolveVerdicts } from './resolve-verdicts.ts';

const verdictOf = (name: string, differing: Partial<Feedback> = {}): Feedback => ({
  ...{
    feedback_id: name,
    alert_id: null,
    tenant_id: 'acme',
    endpoint_id: 'h1',
    platform: 'windows',
    at: 100,
  },
  ...{ analyst: name, is_true_positive: true, reason: 'other', notes: '', techniques: [], scope: 'window' },
  ...{ process: null, inference_ids: ['i1'], model_version: '1', replaces: null },
  ...differing,
});
const attack = (name: string, differing: Partial<Feedback> = {}) => verdictOf(name, differing);
const benign = (name: string, differing: Partial<Feedback> = {}) =>
  verdictOf(name, { is_true_positive: false, ...differing });
const cannotTell = (name: string, differing: Partial<Feedback> = {}) =>
  verdictOf(name, { is_true_positive: null, ...differing });

const idsOf = (verdicts: readonly Feedback[]) => verdicts.map((one) => one.feedback_id);

describe('resolveVerdicts()', () => {
  test('nothing is known without a verdict', () => {
    expect(resolveVerdicts([])).toEqual({ label: 'unknown', agreeing: [], dissenting: [] });
  });

  test('the majority of the analysts decides, and those who contradict it are told', () => {
    const verdicts = [benign('a'), attack('b'), benign('c'), cannotTell('d'), cannotTell('e')];
    const { label, agreeing, dissenting } = resolveVerdicts(verdicts);
    expect([label, idsOf(agreeing), idsOf(dissenting)]).toEqual(['benign', ['a', 'c'], ['b']]);
  });

  test('a tie is unknown, and so is a window of which nobody can tell', () => {
    const tie = resolveVerdicts([benign('a'), attack('b')]);
    expect([tie.label, idsOf(tie.agreeing), idsOf(tie.dissenting)]).toEqual(['unknown', [], ['a', 'b']]);
    const open = resolveVerdicts([cannotTell('a'), benign('b', { scope: 'pattern' })]);
    expect([open.label, idsOf(open.agreeing), idsOf(open.dissenting)]).toEqual(['unknown', ['a'], ['b']]);
  });

  test('a narrower scope beats any number of wider ones', () => {
    const wide = ['a', 'b', 'c'].map((name) => benign(name, { scope: 'pattern', at: 900 }));
    const onProcess = attack('d', { scope: 'process', process: 'cmd.exe' });
    expect(resolveVerdicts([...wide, onProcess]).label).toBe('attack');
    expect(resolveVerdicts([...wide, onProcess, benign('e', { at: 1 })]).label).toBe('benign');
  });

  test('of each analyst the newest counts', () => {
    const changed = [attack('old', { analyst: 'kim', at: 1 }), benign('new', { analyst: 'kim', at: 2 })];
    const { label, agreeing, dissenting } = resolveVerdicts(changed);
    expect([label, idsOf(agreeing), idsOf(dissenting)]).toEqual(['benign', ['new'], []]);
  });

  test('a replaced verdict never counts, even where clocks differ', () => {
    const late = attack('first', { analyst: 'kim', at: 50 });
    const early = benign('second', { analyst: 'kim', at: 40, replaces: 'first' });
    expect(resolveVerdicts([late, early]).label).toBe('benign');
  });
});

describe('resolveVerdicts() of any verdicts', () => {
  const anyVerdicts = fc
    .array(
      fc.record({
        analyst: fc.constantFrom('kim', 'lee', 'ines', 'omar'),
        at: fc.integer({ min: 1, max: 5 }),
        is_true_positive: fc.constantFrom(true, false, null),
        scope: fc.constantFrom(...SCOPES),
        replaces: fc.option(fc.nat({ max: 11 })),
      }),
      { maxLength: 12 },
    )
    .map((given) =>
      given.map((one, place) => {
        const replaces = one.replaces !== null && one.replaces < place ? `f${one.replaces}` : null;
        return verdictOf(`f${place}`, { ...one, replaces });
      }),
    );

  test('the order of the input does not matter', () => {
    const shuffled = anyVerdicts.chain((verdicts) =>
      fc.tuple(
        fc.constant(verdicts),
        fc.shuffledSubarray(verdicts, { minLength: verdicts.length, maxLength: verdicts.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([verdicts, mixed]) =>
        expect(resolveVerdicts(mixed)).toEqual(resolveVerdicts(verdicts)),
      ),
    );
  });

  test('nobody is counted twice, and every counted verdict is one of the input', () => {
    fc.assert(
      fc.property(anyVerdicts, (verdicts) => {
        const { agreeing, dissenting } = resolveVerdicts(verdicts);
        const told = [...agreeing, ...dissenting];
        expect(new Set(told.map((one) => one.analyst)).size).toBe(told.length);
        for (const one of told) expect(verdicts).toContain(one);
      }),
    );
  });

  test('with every verdict turned round the label is turned round', () => {
    const turned = { attack: 'benign', benign: 'attack', unknown: 'unknown' };
    fc.assert(
      fc.property(anyVerdicts, (verdicts) => {
        const opposite = verdicts.map((one) => ({
          ...one,
          is_true_positive: one.is_true_positive === null ? null : !one.is_true_positive,
        }));
        expect(resolveVerdicts(opposite).label).toBe(turned[resolveVerdicts(verdicts).label]);
      }),
    );
  });

  test('a wider verdict of one more analyst changes no label', () => {
    fc.assert(
      fc.property(anyVerdicts, fc.constantFrom(true, false, null), (verdicts, is_true_positive) => {
        const narrow = [...verdicts, attack('narrow', { analyst: 'nina', at: 9 })];
        const wider = verdictOf('wider', { analyst: 'otto', at: 9, scope: 'pattern', is_true_positive });
        expect(resolveVerdicts([...narrow, wider]).label).toBe(resolveVerdicts(narrow).label);
      }),
    );
  });

  test('the label stands on more analysts of the narrowest scope than contradict it there', () => {
    fc.assert(
      fc.property(anyVerdicts, (verdicts) => {
        const { label, agreeing, dissenting } = resolveVerdicts(verdicts);
        if (label === 'unknown') return;
        const scope = SCOPES.find((one) => agreeing.some((verdict) => verdict.scope === one));
        const within = (given: readonly Feedback[]) => given.filter((one) => one.scope === scope).length;
        expect(within(agreeing)).toBeGreaterThan(within(dissenting));
      }),
    );
  });
});
