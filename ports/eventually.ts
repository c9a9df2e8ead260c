/** Waits, on the real clock, until the condition holds; throws, naming it, when it does not in time. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 20_000, // a broker's group join takes seconds
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Within ${withinMs} ms it did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
