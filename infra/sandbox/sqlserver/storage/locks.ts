import { Cancelled, deadlockVictim, lockTimeout } from '../errors.ts';

/** Lock modes as bits, so that a holder's combined mode is one number (S with IX is SIX). */
export const IS = 1;
export const IX = 2;
export const S = 4;
export const U = 8;
export const X = 16;
export type Mode = typeof IS | typeof IX | typeof S | typeof U | typeof X;

/** Per mode, the modes of others that it cannot stand beside. */
const CONFLICTS: Readonly<Record<Mode, number>> = {
  [IS]: X,
  [IX]: S | U | X,
  [S]: IX | X,
  [U]: IX | U | X,
  [X]: IS | IX | S | U | X,
};

/** Something that can be locked: a table, a row or a key of an index. The lock exists only while it is held or awaited. */
export interface Lockable {
  lock: Lock | undefined;
}

interface Waiter {
  readonly owner: LockOwner;
  readonly target: Lockable;
  readonly mode: Mode;
  readonly settle: (error?: Error) => void;
}

export interface Lock {
  readonly holders: Map<LockOwner, number>;
  readonly queue: Waiter[];
}

export class LockOwner {
  readonly spid: number;
  /** What was acquired, in order, so that a savepoint can give back what came after it. */
  readonly held: { readonly target: Lockable; readonly mode: Mode }[] = [];
  waiting: Waiter | undefined;

  constructor(spid: number) {
    this.spid = spid;
  }
}

/** Thrown by a statement that meets a lock; the session undoes the statement, waits and runs it again. */
export class LockWait extends Error {
  override readonly name = 'LockWait';
  readonly target: Lockable;
  readonly mode: Mode;
  /** Only the wait counts: the lock is given back when the statement ends (readers at read committed). */
  readonly momentary: boolean;

  constructor(target: Lockable, mode: Mode, momentary = false) {
    super('waiting for a lock');
    this.target = target;
    this.mode = mode;
    this.momentary = momentary;
  }
}

/** Whether another owner holds `target` in a mode that forbids `mode`. */
export function isBlocked(owner: LockOwner, target: Lockable, mode: Mode): boolean {
  if (target.lock === undefined) return false;
  for (const [holder, held] of target.lock.holders) if (holder !== owner && (held & CONFLICTS[mode]) !== 0) return true;
  return false;
}

function mayGrant(owner: LockOwner, lock: Lock, target: Lockable, mode: Mode, ahead: readonly Waiter[]): boolean {
  if (isBlocked(owner, target, mode)) return false;
  // who already holds the lock may convert past the queue; everybody else waits behind requests it conflicts with
  return lock.holders.has(owner) || ahead.every((w) => w.owner === owner || (CONFLICTS[w.mode] & mode) === 0);
}

function record(owner: LockOwner, target: Lockable, lock: Lock, mode: Mode): void {
  lock.holders.set(owner, (lock.holders.get(owner) ?? 0) | mode);
  owner.held.push({ target, mode });
}

function lockOf(target: Lockable): Lock {
  target.lock ??= { holders: new Map(), queue: [] };
  return target.lock;
}

/** Takes a lock at once or throws {@link LockWait}. Already held modes cost nothing. */
export function acquire(owner: LockOwner, target: Lockable, mode: Mode): void {
  const lock = lockOf(target);
  const held = lock.holders.get(owner) ?? 0;
  if ((held & mode) !== 0 || (held & X) !== 0) return;
  if (!mayGrant(owner, lock, target, mode, lock.queue)) throw new LockWait(target, mode);
  record(owner, target, lock, mode);
}

function grantWaiters(target: Lockable): void {
  const lock = target.lock;
  if (lock === undefined) return;
  for (let i = 0; i < lock.queue.length;) {
    const waiter = lock.queue[i]!;
    if (mayGrant(waiter.owner, lock, target, waiter.mode, lock.queue.slice(0, i))) {
      lock.queue.splice(i, 1);
      record(waiter.owner, target, lock, waiter.mode);
      waiter.settle();
    } else i++;
  }
  if (lock.holders.size === 0 && lock.queue.length === 0) target.lock = undefined;
}

/** Gives back every lock acquired after `mark` (a length of `held`); 0 gives back all. */
export function releaseFrom(owner: LockOwner, mark: number): void {
  const touched = new Set<Lockable>();
  while (owner.held.length > mark) {
    const { target, mode } = owner.held.pop()!;
    const lock = target.lock;
    if (lock === undefined) continue;
    const rest = (lock.holders.get(owner) ?? 0) & ~mode;
    if (rest === 0) lock.holders.delete(owner);
    else lock.holders.set(owner, rest);
    touched.add(target);
  }
  for (const target of touched) grantWaiters(target);
}

/** Gives back one lock out of order. */
export function releaseOne(owner: LockOwner, target: Lockable, mode: Mode): void {
  const place = owner.held.findLastIndex((held) => held.target === target && held.mode === mode);
  if (place < 0) return;
  const [entry] = owner.held.splice(place, 1);
  owner.held.push(entry!);
  releaseFrom(owner, owner.held.length - 1);
}

function blockersOf(waiter: Waiter): LockOwner[] {
  const lock = waiter.target.lock;
  if (lock === undefined) return [];
  const blockers: LockOwner[] = [];
  for (const [holder, held] of lock.holders)
    if (holder !== waiter.owner && (held & CONFLICTS[waiter.mode]) !== 0) blockers.push(holder);
  for (const other of lock.queue) {
    if (other === waiter) break;
    if (other.owner !== waiter.owner && (CONFLICTS[other.mode] & waiter.mode) !== 0) blockers.push(other.owner);
  }
  return blockers;
}

function closesCycle(waiter: Waiter): boolean {
  const seen = new Set<LockOwner>();
  const pending = blockersOf(waiter);
  while (pending.length > 0) {
    const owner = pending.pop()!;
    if (owner === waiter.owner) return true;
    if (seen.has(owner)) continue;
    seen.add(owner);
    if (owner.waiting) pending.push(...blockersOf(owner.waiting));
  }
  return false;
}

/**
 * Waits until the lock is granted. Rejects with 1222 after `timeoutMs` (negative: never), with 1205 when waiting would
 * close a cycle, with {@link Cancelled} when the client withdraws the request.
 */
export async function waitForLock(
  owner: LockOwner,
  { target, mode }: LockWait,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const lock = lockOf(target);
  if (mayGrant(owner, lock, target, mode, lock.queue)) {
    record(owner, target, lock, mode);
    return;
  }
  if (timeoutMs === 0) throw lockTimeout();
  await new Promise<void>((resolve, reject) => {
    const leave = (error: Error): void => {
      const place = lock.queue.indexOf(waiter);
      if (place >= 0) lock.queue.splice(place, 1);
      waiter.settle(error);
      grantWaiters(target);
    };
    const timer = timeoutMs > 0 ? setTimeout(() => leave(lockTimeout()), timeoutMs) : undefined;
    const onAbort = (): void => leave(new Cancelled('request cancelled'));
    const waiter: Waiter = {
      owner,
      target,
      mode,
      settle: (error) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        owner.waiting = undefined;
        if (error) reject(error);
        else resolve();
      },
    };
    if (lock.holders.has(owner)) lock.queue.unshift(waiter);
    else lock.queue.push(waiter);
    owner.waiting = waiter;
    if (closesCycle(waiter)) leave(deadlockVictim(owner.spid));
    else if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
