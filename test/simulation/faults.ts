/** Which faults are to come, which are armed, and which really happened. */
import { scheduledFaults, type FaultKind } from './fault-kinds.ts';
import type { FaultPlan } from './scenario.ts';

export class Faults {
  readonly #steps: () => number;
  readonly #scheduled: FaultPlan[];
  readonly #waiting = new Map<FaultKind, FaultPlan[]>();
  /** How often each kind happened. */
  readonly injected = new Map<FaultKind, number>();
  #over = false;

  constructor(plans: readonly FaultPlan[], steps: () => number) {
    this.#steps = steps;
    this.#scheduled = plans.filter(({ kind }) => scheduledFaults.has(kind));
    for (const plan of plans) {
      if (scheduledFaults.has(plan.kind)) continue;
      const same = this.#waiting.get(plan.kind);
      if (same === undefined) this.#waiting.set(plan.kind, [plan]);
      else same.push(plan);
    }
  }

  /** Whether this fault happens here and now. */
  strikes(kind: FaultKind): boolean {
    if (this.#waiting.size === 0 || this.#over) return false;
    const plans = this.#waiting.get(kind);
    if (plans === undefined) return false;
    const first = plans[0];
    if (first === undefined || first.step > this.#steps()) return false;
    plans.shift();
    if (plans.length === 0) this.#waiting.delete(kind);
    this.happened(kind);
    return true;
  }

  /** The next fault that waits for nothing but its step, when that has come. */
  due(): FaultPlan | undefined {
    const first = this.#scheduled[0];
    if (first === undefined || this.#over || first.step > this.#steps()) return undefined;
    return this.#scheduled.shift();
  }

  happened(kind: FaultKind): void {
    this.injected.set(kind, (this.injected.get(kind) ?? 0) + 1);
  }

  /** From now on all goes well. */
  end(): void {
    this.#over = true;
  }

  get left(): number {
    return this.#over
      ? 0
      : this.#scheduled.length + [...this.#waiting.values()].reduce((sum, each) => sum + each.length, 0);
  }
}
