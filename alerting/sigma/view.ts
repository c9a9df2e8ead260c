import { allTexts, type FieldReader, fieldReader, type Subject, type Values } from './fields.ts';

/** A field by its place among all that a set of rules asks for. */
export interface Field {
  readonly place: number;
  readonly read: FieldReader;
}

/** The fields that a set of rules asks for, each once, so that an event's values are read and lowered once. */
export interface FieldTable {
  field(name: string): Field;
  /** All texts of an event, for keywords. */
  readonly keywords: Field;
  /** What the rules see of one event. */
  view(subject: Subject): View;
}

/** One event as rules see it: its fields' values, as they stand and in lower case. */
export interface View {
  values(field: Field): Values;
  lowered(field: Field): Values;
}

/** An empty table; rules add their fields when they are compiled. */
export function fieldTable(): FieldTable {
  const byName = new Map<string, Field>();
  const keywords: Field = { place: 0, read: allTexts };
  return {
    keywords,
    field(name) {
      const known = byName.get(name) ?? { place: byName.size + 1, read: fieldReader(name) };
      byName.set(name, known);
      return known;
    },
    view: (subject) => new EventView(subject, byName.size + 1),
  };
}

/** A class because one is made for every event, and closures for each would cost more than the reading. */
class EventView implements View {
  private readonly subject: Subject;
  private readonly plain: (Values | null)[];
  private readonly lower: (Values | null)[];

  constructor(subject: Subject, fields: number) {
    this.subject = subject;
    this.plain = new Array<Values | null>(fields).fill(null);
    this.lower = new Array<Values | null>(fields).fill(null);
  }

  values({ place, read }: Field): Values {
    const known = this.plain[place];
    if (known !== null) return known;
    const values = read(this.subject);
    const kept = values === '' || values?.length === 0 ? undefined : values;
    this.plain[place] = kept;
    return kept;
  }

  lowered(field: Field): Values {
    const known = this.lower[field.place];
    if (known !== null) return known;
    const values = this.values(field);
    const lower =
      typeof values === 'string' ? values.toLowerCase() : values?.map((value) => value.toLowerCase());
    this.lower[field.place] = lower;
    return lower;
  }
}
