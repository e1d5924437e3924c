/**
 * What the engine tells about itself. Metrics and logs subscribe to these channels (`node:diagnostics_channel`) from
 * outside; without a subscriber nothing is built or formatted.
 */
import { channel } from 'node:diagnostics_channel';

export type TaskName = Readonly<{ application: string; stage: string; partition: number }>;

export type BatchCommitted = TaskName &
  Readonly<{
    records: number;
    outputs: number;
    changes: number;
    deadLetters: number;
    /** Milliseconds spent in the stage's own functions, and in the transaction. */
    processMs: number;
    commitMs: number;
    /** Event time of the last record, epoch milliseconds; undefined when there was none. */
    lastTimestamp: bigint | undefined;
  }>;
/**
 * How far a store is brought back, in offsets: from its changelog (`store` is one), or from the stage's inputs (all of
 * its stores, and offsets summed up over the inputs).
 */
export type RestoreProgress = TaskName &
  Readonly<{
    store: string;
    source: 'changelog' | 'inputs';
    from: bigint;
    position: bigint;
    end: bigint;
    records: number;
    done: boolean;
  }>;
/** A task waits for its disk to take writes again, or has stopped waiting. */
export type DiskStanding = TaskName & Readonly<{ writable: boolean; error: unknown }>;
export type DeadLettered = TaskName & Readonly<{ code: string; message: string; topic: string; offset: bigint }>;
export type Counted = TaskName & Readonly<{ name: string; label: string }>;
export type TaskMoved = TaskName & Readonly<{ from: string; to: string; reason: string | undefined }>;
/** A moment between two steps has come. What ends processes at chosen moments listens, from outside. */
export type Passing = Readonly<{ application: string; stage: string; partition: number | undefined; point: string }>;
export type Trouble = Readonly<{
  application: string;
  stage: string;
  partition: number | undefined;
  error: unknown;
  /** What is done about it. */
  action: 'retry' | 'wipe' | 'rebuild' | 'wait' | 'rejoin' | 'stop' | 'dead-letter';
}>;

const on = <T extends object>(name: string) => {
  const plain = channel(`millrace:${name}`);
  return {
    name: `millrace:${name}`,
    get watched(): boolean {
      return plain.hasSubscribers;
    },
    publish: (event: T) => {
      if (plain.hasSubscribers) plain.publish(event);
    },
    /** Returns how to stop. */
    subscribe: (listener: (event: T) => void): (() => void) => {
      const wrapped = (event: unknown) => listener(event as T);
      plain.subscribe(wrapped);
      return () => {
        plain.unsubscribe(wrapped);
      };
    },
  };
};

export const observe = {
  batch: on<BatchCommitted>('batch'),
  restore: on<RestoreProgress>('restore'),
  deadLetter: on<DeadLettered>('dead-letter'),
  count: on<Counted>('count'),
  task: on<TaskMoved>('task'),
  disk: on<DiskStanding>('disk'),
  trouble: on<Trouble>('trouble'),
  passing: on<Passing>('passing'),
} as const;
