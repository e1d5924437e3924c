/** What stages that read the shop's tables have in common. */
import { redrivenFrom } from '../../runtime/redrive.ts';
import type { StageContext, StageRecord } from '../../runtime/topology.ts';
import { type Envelope, isRowChange } from '../sources/debezium.ts';

/**
 * Hands on changes of rows. A tombstone only tells compaction that a key is gone; an operation we do not know (such as
 * a truncation, which CDC-enabled tables refuse) is kept for a person to see.
 */
export const onRowChange =
  <E extends Envelope<unknown>>(apply: (envelope: E, context: StageContext, redriven: boolean) => void) =>
  (record: StageRecord<E>, context: StageContext): void => {
    if (record.value === null) context.count('ignored', 'tombstone');
    else if (!isRowChange(record.value))
      context.deadLetter('unknown_operation', `Debezium operation '${record.value.op}' on ${record.topic}`);
    else apply(record.value, context, redrivenFrom(record.headers) !== undefined);
  };
