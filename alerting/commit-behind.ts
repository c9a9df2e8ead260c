/** Up to where a partition is done, when some messages take longer than those after them. */
export interface CommitBehind {
  /** The message at `offset` is in work; answers how to say that it is done. */
  begin(offset: number): () => Promise<void>;
  /** Everything before `offset` is done or in work. */
  readUpTo(offset: number): Promise<void>;
  /** The partition has gone to another consumer: nothing is committed any more. */
  stop(): void;
}

/** Commits up to the first message that is still in work: a restart then begins with it. */
export function commitBehind(commit: (offset: number) => Promise<void>): CommitBehind {
  const pending = new Set<number>();
  let next = 0; // everything before it was read
  let committed = 0;
  let stopped = false;

  async function advance(): Promise<void> {
    const upTo = Math.min(next, ...pending);
    if (stopped || upTo <= committed) return;
    committed = upTo;
    await commit(upTo);
  }
  return {
    begin(offset) {
      pending.add(offset);
      return async () => {
        pending.delete(offset);
        await advance();
      };
    },
    async readUpTo(offset) {
      next = Math.max(next, offset);
      await advance();
    },
    stop() {
      stopped = true;
    },
  };
}
