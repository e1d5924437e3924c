import { hostname, userInfo } from 'node:os';
import { openSchemas } from '../../../schemas/serde.ts';
import { httpRegistry } from '../../../schemas/registry.ts';
import { kafkajsCluster } from '../../runtime/kafkajs/cluster.ts';
import { temporaryBackends } from '../../runtime/replay/temporary.ts';
import type { CliConfig } from '../environment.ts';
import { replay, type ReplayReport, type ReplayRequest, type ReplayTools } from './replay.ts';
import { topologyOf } from './topology.ts';

/** Who runs this process: `user@host`. */
export const whoAmI = (): string => `${userInfo().username}@${hostname()}`;

/** A replay against the cluster of the configuration, with its stores in a temporary directory. */
export const replayOn = async (
  config: CliConfig,
  request: ReplayRequest,
  listeners: Pick<ReplayTools, 'onProgress' | 'onReplayed' | 'signal'> = {},
): Promise<ReplayReport> => {
  const schemas = openSchemas(httpRegistry(config.MILLRACE_REGISTRY_URL));
  const cluster = kafkajsCluster({ brokers: config.MILLRACE_KAFKA_BROKERS, clientId: 'millrace-cli' });
  const { openBackend, remove } = temporaryBackends();
  try {
    return await replay(
      { cluster, schemas, topology: topologyOf(config, schemas), openBackend, ...listeners },
      request,
    );
  } finally {
    remove();
  }
};
