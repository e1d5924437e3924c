/** The books of one invoice, after what it was told of. */
import type { ErpCommand } from '../../../schemas/topics.ts';
import { openLedger } from '../../../services/erp-ledger/ledger.ts';
import { day, type Fact, INVOICE, play } from '../order-stream/billing-fixtures.ts';
import { openTopic, recordsOf, SOURCE, temporaryLedger } from './support.ts';

const topic = await openTopic();

const isErp = (command: { target: string }): command is ErpCommand => command.target === 'erp';

/** The ERP's commands of an invoice that this was told of. */
export const told = (facts: readonly Fact[], moved?: Parameters<typeof play>[1]): readonly ErpCommand[] =>
  play(facts, moved).commands.filter(isErp);

type Balances = Readonly<Record<string, bigint>>;

/** The books after these commands, at a time, with what was put aside. */
export const after = async (commands: readonly ErpCommand[]) => {
  using files = temporaryLedger();
  const records = recordsOf(commands, (command) => topic.value.encode(command));
  await topic.value.prepare?.(records.map(({ value }) => value!));
  const ledger = openLedger(files.path);
  ledger.begin(SOURCE, 0n);
  ledger.book({ source: SOURCE, fetchOffset: 0n, records, nextOffset: BigInt(records.length) }, (value) =>
    topic.value.decode(value),
  );
  ledger.close();
  return files.read((reader) => {
    const at = (asOf?: bigint): Balances =>
      Object.fromEntries(
        reader
          .trialBalance(asOf)
          .map(({ name, debit, credit }) => [name, debit - credit] as const)
          .filter(([, balance]) => balance !== 0n),
      );
    return {
      end: at(),
      at: Object.fromEntries([0, 16, 47, 77, 91, 200].map((n) => [n, at(day(n))])),
      aside: reader.conflicts().map(({ message }) => message),
      invoice: reader.order(INVOICE)?.invoice,
      subscriptions: reader.subscriptions(),
    };
  });
};
