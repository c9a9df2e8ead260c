import type { FieldOf, IndexName } from '../../contracts/indices.ts';

export type Document = Readonly<Record<string, unknown>>;

/** All given conditions must hold. A field that is absent matches no condition. */
export interface Filter<I extends IndexName> {
  readonly equals?: Partial<Record<FieldOf<I>, string | number>>;
  readonly anyOf?: Partial<Record<FieldOf<I>, readonly (string | number)[]>>;
  /** from <= value < to */
  readonly range?: Partial<Record<FieldOf<I>, { readonly from?: number; readonly to?: number }>>;
}

export interface Search<I extends IndexName> {
  readonly filter?: Filter<I>;
  readonly sort?: readonly { readonly field: FieldOf<I>; readonly order: 'asc' | 'desc' }[]; // ties by id
  readonly limit: number;
  readonly offset?: number;
}

/** A document to be created. `json` is the whole body as text where it is at hand; `body` then needs only the index's fields. */
export interface NewDocument {
  readonly id: string;
  readonly body: Document;
  readonly json?: string;
}

export interface Found {
  readonly total: number;
  readonly documents: readonly Document[];
}

/** One figure over all matching documents. */
export type Figure<I extends IndexName> =
  | { readonly kind: 'count' }
  | { readonly kind: 'average' | 'max' | 'min' | 'sum' | 'cardinality'; readonly field: FieldOf<I> };

/** Groups of documents, each with figures: by value (largest count first, then value) or by steps of time. */
export type Grouping<I extends IndexName> =
  | { readonly by: 'terms'; readonly field: FieldOf<I>; readonly limit: number }
  | { readonly by: 'interval'; readonly field: FieldOf<I>; readonly step: number }; // empty steps left out

export interface Group {
  readonly key: string | number; // for an interval, its beginning
  readonly count: number;
  readonly figures: Readonly<Record<string, number | null>>; // null: no document had the field
}

/**
 * What the dashboard reads. Promise: `create` by id is idempotent; what it confirmed survives a killed
 * process; a document that was confirmed is found by the next search; the same question gets the same answer
 * from every implementation.
 */
export interface Documents {
  /** Stores those whose id is new; the others stay as they are. */
  create<I extends IndexName>(
    index: I,
    documents: readonly NewDocument[],
  ): Promise<{ readonly created: number; readonly existed: number }>;
  /** Stores or replaces one, unless a later version (by number) is there already. */
  put<I extends IndexName>(index: I, id: string, body: Document, version: number): Promise<void>;
  get(index: IndexName, id: string): Promise<Document | undefined>;
  search<I extends IndexName>(index: I, search: Search<I>): Promise<Found>;
  figures<I extends IndexName>(
    index: I,
    filter: Filter<I>,
    figures: Readonly<Record<string, Figure<I>>>,
  ): Promise<Readonly<Record<string, number | null>>>;
  groups<I extends IndexName>(
    index: I,
    filter: Filter<I>,
    grouping: Grouping<I>,
    figures: Readonly<Record<string, Figure<I>>>,
  ): Promise<readonly Group[]>;
  /** Removes documents whose `field` lies before `before`; answers how many. */
  expire<I extends IndexName>(index: I, field: FieldOf<I>, before: number): Promise<number>;
  close(): Promise<void>;
}
