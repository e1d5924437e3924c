/**
 * Makes the ledger anew from erp.commands, in a new file beside the running one:
 * `node services/erp-ledger/rebuild-main.ts --into new.db --compare ledger.db`
 */
import { rmSync } from 'node:fs';
import { Command } from 'commander';
import { httpRegistry } from '../../schemas/registry.ts';
import { openSchemas } from '../../schemas/serde.ts';
import { commonVariables, readVariables } from '../platform/variables.ts';
import { kafkajsCluster } from '../runtime/kafkajs/cluster.ts';
import { compareLedgers, positionsIn, snapshotLedger } from './compare.ts';
import { rebuildLedger } from './rebuild.ts';

const { MILLRACE_KAFKA_BROKERS, MILLRACE_REGISTRY_URL } = commonVariables;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

type Options = Readonly<{ into: string; compare?: string }>;

const run = async ({ into, compare }: Options): Promise<void> => {
  const { config } = readVariables({ MILLRACE_KAFKA_BROKERS, MILLRACE_REGISTRY_URL }, process.env);
  const cluster = kafkajsCluster({ brokers: config.MILLRACE_KAFKA_BROKERS, clientId: 'erp-ledger-rebuild' });
  const topic = openSchemas(httpRegistry(config.MILLRACE_REGISTRY_URL)).topic('erpCommands');
  const live = `${into}.live`;
  try {
    if (compare !== undefined) await snapshotLedger(compare, live);
    const booked = await rebuildLedger({
      cluster,
      topic,
      path: into,
      ...(compare !== undefined && { to: positionsIn(live, topic.name) }),
    });
    say(`${into}: ${booked.applied} commands booked, ${booked.repeated} came again, ${booked.conflicts} in conflict`);
    if (compare === undefined) return;
    const differences = compareLedgers(live, into);
    for (const { table, missing, surplus, example } of differences)
      say(`${table}: ${missing} rows only in ${compare}, ${surplus} only in ${into}, such as ${example}`);
    say(differences.length === 0 ? `the same as ${compare}, row by row` : `${differences.length} tables differ`);
    if (differences.length > 0) process.exitCode = 3;
  } finally {
    for (const ending of ['', '-wal', '-shm']) rmSync(`${live}${ending}`, { force: true });
  }
};

await new Command('rebuild')
  .description('book erp.commands from the beginning into a new ledger; exit code 3 when it differs from the other one')
  .requiredOption('--into <file>', 'the new ledger; there must be no file yet')
  .option('--compare <file>', 'read as far as this ledger has read, and compare with it row by row')
  .action(run)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
