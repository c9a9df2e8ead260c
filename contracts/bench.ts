/** One row of a benchmark: our figure beside a named peer's, measured in the same run. */
export interface BenchResult {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: string;
  readonly peerValue: number;
  /** More is better: ours ÷ the peer's, and for times the peer's ÷ ours. */
  readonly ratio: number;
}
