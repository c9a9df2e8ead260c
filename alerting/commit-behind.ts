/**
 * Up to where a partition is done, when some messages take longer than those after them: a restart then begins
 * with the first that was not.
 */
export function commitBehind(commit: (offset: number) => Promise<void>) {
  const pending = new Set<number>();
  let next = 0; // everything before it was read
  let committed = 0;
  let last = Promise.resolve();

  async function advance(): Promise<void> {
    const upTo = Math.min(next, ...pending);
    if (upTo <= committed) return;
    committed = upTo;
    last = last.then(() => commit(upTo));
    await last;
  }
  return {
    /** The message at `offset` is in work; answers how to say that it is done. */
    begin(offset: number): () => Promise<void> {
      pending.add(offset);
      return async () => {
        pending.delete(offset);
        await advance();
      };
    },
    /** Everything before `offset` is done or in work. */
    async readUpTo(offset: number): Promise<void> {
      next = Math.max(next, offset);
      await advance();
    },
  };
}
