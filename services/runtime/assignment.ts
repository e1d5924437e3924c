/**
 * Who gets which partition: partition i of every topic goes to one member, because a task reads them together; a member
 * keeps what it had as far as the shares stay even, because its stores are there.
 */
export type Claim = Readonly<{ memberId: string; owned: readonly number[]; generation: number }>;

/** Partition numbers by member. Deterministic: the same claims give the same shares, in whatever order they come. */
export const assignPartitions = (
  claims: readonly Claim[],
  partitionCount: number,
): ReadonlyMap<string, readonly number[]> => {
  // The newest claim wins when two members say they own the same partition: the other one missed a generation.
  const members = [...claims].sort((a, b) => b.generation - a.generation || (a.memberId < b.memberId ? -1 : 1));
  const shares = new Map<string, number[]>(members.map(({ memberId }) => [memberId, []]));
  if (members.length === 0) return shares;
  const floor = Math.floor(partitionCount / members.length);
  let extras = partitionCount % members.length;
  const taken = new Set<number>();
  for (const { memberId, owned } of members) {
    const share = shares.get(memberId)!;
    for (const partition of [...owned].sort((a, b) => a - b)) {
      if (taken.has(partition) || partition >= partitionCount) continue;
      if (share.length >= floor) {
        if (share.length > floor || extras === 0) break;
        extras--;
      }
      share.push(partition);
      taken.add(partition);
    }
  }
  const byName = members.map(({ memberId }) => memberId).sort();
  for (let partition = 0; partition < partitionCount; partition++) {
    if (taken.has(partition)) continue;
    const least = byName.reduce((a, b) => (shares.get(b)!.length < shares.get(a)!.length ? b : a));
    shares.get(least)!.push(partition);
  }
  for (const share of shares.values()) share.sort((a, b) => a - b);
  return shares;
};
