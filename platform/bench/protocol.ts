/** How a training step is made; the same for every contestant. */
export interface StepSettings {
  readonly batch: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
}

/** A case: which set of graphs, how many in a batch, and whether only the first few. */
export interface CaseOf {
  readonly set: string;
  readonly batch: number;
  readonly graphs?: number;
}

/** What a contestant can be asked, as one JSON line; pytorch/contestant.py answers the same questions. */
export type Question =
  | { readonly do: 'load'; readonly set: string; readonly files: readonly string[] }
  | ({ readonly do: 'probabilities' } & CaseOf)
  | ({ readonly do: 'score'; readonly passes: number } & CaseOf)
  | ({ readonly do: 'train'; readonly set: string; readonly steps: number } & StepSettings)
  | { readonly do: 'multiply'; readonly size: number; readonly passes: number }
  | { readonly do: 'copy'; readonly bytes: number; readonly passes: number };

/** What it answers, by question. */
export interface Answers {
  readonly load: object;
  readonly probabilities: { readonly probabilities: readonly number[] };
  readonly score: Timing & { readonly graphs: number };
  readonly train: Timing & { readonly losses: readonly number[] };
  readonly multiply: { readonly flopsPerCpuSecond: number };
  readonly copy: { readonly bytesPerCpuSecond: number };
}

/** Time of a contestant's whole process, and on the clock. */
export interface Timing {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

/** The first line a contestant writes: what it is, or why it cannot take part. */
export interface Greeting {
  readonly detail?: string;
  readonly missing?: string;
}
