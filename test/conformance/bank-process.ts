/** The bank as a process, for tests that kill it. Arguments: brokers, state directory, application name. */
import { startApplication } from '../../services/runtime/application.ts';
import { kafkajsCluster } from '../../services/runtime/kafkajs/cluster.ts';
import { observe } from '../../services/runtime/observe.ts';
import { bankNamed } from '../topology/runtime/fixture.ts';

const [brokers = '', stateDir = '', application = ''] = process.argv.slice(2);
const say = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);
observe.batch.subscribe(({ stage, partition, records }) => say({ batch: stage, partition, records }));
observe.restore.subscribe(({ store, from, position, records, done }) => {
  if (done) say({ restored: store, from: String(from), to: String(position), records });
});
observe.trouble.subscribe(({ stage, action, error }) => say({ trouble: stage, action, error: String(error) }));
const running = await startApplication(bankNamed(application), {
  cluster: kafkajsCluster({ brokers: brokers.split(','), clientId: application }),
  stateDir,
});
running.crashed.catch((error: unknown) => {
  say({ crashed: String(error) });
  process.exit(1);
});
process.once('SIGTERM', () => void running.stop().then(() => process.exit(0)));
say({ ready: true });
