/** The records of an order, decoded; what cannot be, or lies where it must not, is a violation of its own. */
import type { CommandResult } from '../../../schemas/generated/types.ts';
import type { AdnsfCommand, ErpCommand, Notification, StripeCommand } from '../../../schemas/topics.ts';
import { PoisonError } from '../../runtime/errors.ts';
import { partitionOf } from '../../runtime/partitioner.ts';
import type { Serde } from '../../runtime/topology.ts';
import type { Notes } from './certificate.ts';
import { type OrderFacts, placeText, type Seen } from './facts.ts';
import type { Ways } from './topics.ts';

export type Command = StripeCommand | AdnsfCommand | ErpCommand | Notification;

export type SeenCommand = Seen & Readonly<{ command: Command; value: Buffer; letter: boolean }>;
export type SeenResult = Seen & Readonly<{ result: CommandResult; value: Buffer }>;

export type ReadOrder = Readonly<{ commands: readonly SeenCommand[]; results: readonly SeenResult[] }>;

/** Bytes as the present schema would write them: a record of an older one says the same in other bytes. */
export const canonical = (serde: Serde<unknown>, value: Buffer): Buffer => {
  const again = serde.encode(serde.decode(value));
  return again.readInt32BE(1) === value.readInt32BE(1) ? value : again;
};

/** Records that their reader has put aside: they are no part of the order until somebody gives them back. */
export const refusedOf = ({ letters }: OrderFacts): ReadonlySet<string> =>
  new Set(letters.map(({ from }) => placeText(from)));

export const readOrder = (facts: OrderFacts, ways: Ways, notes: Notes): ReadOrder => {
  const { orderId, partitions } = facts;
  const home = partitionOf(Buffer.from(orderId), partitions);
  const refused = refusedOf(facts);

  /** The record as `of` makes it of what was decoded, or nothing. */
  const read = <R>(
    seen: Seen,
    what: string,
    of: (told: Readonly<{ orderId: string }>, value: Buffer) => R,
  ): readonly R[] => {
    if (seen.partition !== home)
      notes.violation(
        'reordered',
        `${what} ${placeText(seen)} lies outside partition ${home}, where its order is kept`,
      );
    const serde = ways.serdeOf(seen.topic);
    try {
      if (seen.value === null) throw new PoisonError('no_value', 'it has no value');
      const told = serde.decode(seen.value) as Readonly<{ orderId: string }>;
      if (told.orderId !== orderId)
        notes.violation('changed', `${what} ${placeText(seen)} speaks of order ${told.orderId}`);
      return [of(told, canonical(serde, seen.value))];
    } catch (error) {
      if (!(error instanceof PoisonError)) throw error;
      if (refused.has(placeText(seen))) return [];
      notes.violation('changed', `${what} ${placeText(seen)} cannot be read: ${error.message}`);
      return [];
    }
  };

  return {
    commands: facts.commands.flatMap((seen) =>
      read(seen, 'command', (told, value): SeenCommand => ({
        ...seen,
        command: told as Command,
        value,
        letter: refused.has(placeText(seen)),
      })),
    ),
    results: facts.results.flatMap((seen) =>
      read(seen, 'result', (told, value): SeenResult => ({ ...seen, result: told as CommandResult, value })),
    ),
  };
};
