import { kafkajsCluster } from '../../runtime/kafkajs/cluster.ts';
import type { CliConfig } from '../environment.ts';
import { actualState } from './actual.ts';
import { desiredState } from './desired.ts';
import { executeApply } from './execute.ts';
import { conflictsIn, planApply, type Step } from './plan.ts';
import { planText } from './print.ts';
import { registryAdmin } from './registry.ts';

/**
 * Brings topics, schemas and connectors to what the code says, after printing what that means.
 * @throws ConflictError when something there is cannot be changed into what is desired; nothing is changed then
 */
export const apply = async (
  config: CliConfig,
  options: Readonly<{ dryRun: boolean; say: (text: string) => void }>,
): Promise<readonly Step[]> => {
  const cluster = kafkajsCluster({ brokers: config.MILLRACE_KAFKA_BROKERS, clientId: 'millrace-cli' });
  const admin = await cluster.admin();
  const on = { admin, registry: registryAdmin(config.MILLRACE_REGISTRY_URL), connectUrl: config.MILLRACE_CONNECT_URL };
  try {
    const desired = await desiredState({
      partitions: config.MILLRACE_PARTITIONS,
      replication: config.MILLRACE_REPLICATION,
    });
    const steps = planApply(desired, await actualState(desired, on));
    options.say(planText(steps));
    if (!options.dryRun || conflictsIn(steps).length > 0) await executeApply(desired, steps, on);
    return steps;
  } finally {
    await admin.close();
  }
};
