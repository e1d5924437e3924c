/** What was probably meant. */

const distance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1));
    row = next;
  }
  return row.at(-1)!;
};

/** `; did you mean 'total'?`, or nothing when no candidate is near. */
export const hint = (word: string, candidates: Iterable<string>): string => {
  const near = [...candidates]
    .map((candidate) => [candidate, distance(word.toLowerCase(), candidate.toLowerCase())] as const)
    .filter(([, steps]) => steps <= Math.max(2, Math.floor(word.length / 3)))
    .sort(([, a], [, b]) => a - b)[0];
  return near === undefined ? '' : `; did you mean '${near[0]}'?`;
};
