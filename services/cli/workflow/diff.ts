/** Two texts line by line: what both have, what was expected, what came instead. */
export const diffText = (expected: string, actual: string): string => {
  const [left, right] = [expected.trimEnd().split('\n'), actual.trimEnd().split('\n')];
  // The longest common subsequence, from the ends.
  const common = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  for (let i = left.length - 1; i >= 0; i--)
    for (let j = right.length - 1; j >= 0; j--)
      common[i]![j] =
        left[i] === right[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) {
      lines.push(`  ${left[i]!}`);
      i++;
      j++;
    } else if (j >= right.length || (i < left.length && common[i + 1]![j]! >= common[i]![j + 1]!))
      lines.push(`- ${left[i++]!}`);
    else lines.push(`+ ${right[j++]!}`);
  }
  return lines.join('\n');
};
