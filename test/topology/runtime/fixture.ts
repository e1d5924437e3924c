/** A small topology with everything the engine offers: two stages, a store each, poison, deletions, several outputs. */
import { PoisonError } from '../../../services/runtime/errors.ts';
import { json, jsonDeadLetters } from '../../../services/runtime/serde.ts';
import { input, type Store, type Topic, type Topology } from '../../../services/runtime/topology.ts';

export type Deposit = Readonly<{ id: string; amount: bigint }>;
export type Balance = Readonly<{ total: bigint; deposits: number; seen: readonly string[] }>;
export type Note = Readonly<{ account: string; id: string; total: bigint }>;

export const deposits: Topic<Deposit> = { name: 'deposits', value: json<Deposit>() };
export const balances: Topic<Balance> = { name: 'balances', value: json<Balance>() };
export const notes: Topic<Note> = { name: 'notes', value: json<Note>() };
export const alarms: Topic<Note> = { name: 'alarms', value: json<Note>() };
export const balanceStore: Store<Balance> = { name: 'balances-by-account', value: json<Balance>() };
export const countStore: Store<number> = { name: 'notes-by-account', value: json<number>() };

/** The bank under another name, its topics too, so that several can live on one cluster. */
export const bankNamed = (application: string): Topology => {
  const own = <V>(topic: Topic<V>): Topic<V> => ({ ...topic, name: `${application}-${topic.name}` });
  return {
    ...bank,
    application,
    deadLetters: own(bank.deadLetters),
    stages: bank.stages.map((stage) => ({
      ...stage,
      outputs: stage.outputs.map(own),
      inputs: stage.inputs.map((each) => ({
        ...each,
        topic: own(each.topic),
        process: (record, context) =>
          each.process(record, { ...context, send: (topic, ...rest) => context.send(own(topic), ...rest) }),
      })),
    })),
  };
};

/** Sums deposits per account and tells every new sum; a second stage numbers what it hears. */
export const bank: Topology = {
  application: 'bank',
  version: '1',
  deadLetters: { name: 'dead-letters', value: jsonDeadLetters },
  stages: [
    {
      name: 'sum',
      stores: [balanceStore],
      outputs: [balances, notes],
      inputs: [
        input<Deposit>({
          topic: deposits,
          process: ({ key, value }, context) => {
            const store = context.store(balanceStore);
            if (value === null) {
              store.delete(key);
              return;
            }
            const before = store.get(key) ?? { total: 0n, deposits: 0, seen: [] };
            const after = {
              total: before.total + value.amount,
              deposits: before.deposits + 1,
              seen: [...before.seen, value.id],
            };
            store.put(key, after);
            context.send(balances, key, after);
            context.send(notes, key, { account: key, id: value.id, total: after.total });
            // After its effects: the refusal must take them back.
            if (value.amount < 0n) throw new PoisonError('negative', 'a deposit is not negative');
          },
        }),
      ],
    },
    {
      name: 'watch',
      stores: [countStore],
      outputs: [alarms],
      inputs: [
        input<Note>({
          topic: notes,
          process: ({ key, value }, context) => {
            if (value === null) return;
            const store = context.store(countStore);
            store.put(key, (store.get(key) ?? 0) + 1);
            if (value.total >= 10n) context.send(alarms, key, value);
          },
        }),
      ],
    },
  ],
};
