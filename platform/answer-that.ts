/** For tests: asks until the answer fits; fails with the last answer after `seconds`. */
export async function answerThat<T>(
  ask: () => Promise<T>,
  fits: (answer: T) => boolean,
  seconds = 60,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (Date.now() > deadline)
      throw new Error(
        `not within ${seconds} s; the last answer was ${JSON.stringify(answer).slice(0, 2000)}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
