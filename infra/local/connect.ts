import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { httpProbe } from './health.ts';
import { jvmFlags, writeLogging, writeProperties } from './jvm.ts';
import type { Part, StackContext } from './part.ts';

/**
 * A Connect worker in distributed mode, because only that one supports exactly-once sources. It makes its three
 * internal topics itself, compacted. Connectors read hosts and secrets from its environment by `${env:MILLRACE_…}`.
 */
export function connectPart(context: StackContext): Part {
  const { layout, ports, artifacts, secrets, tuning } = context;
  const home = layout.data('connect');
  const config = join(home, 'worker.properties');
  return {
    name: 'connect',
    needs: ['kafka'],
    prepare: async () => {
      await mkdir(home, { recursive: true });
      await writeLogging(home, {
        'org.apache.kafka.connect': 'info',
        'io.debezium': 'info',
        'org.apache.kafka.connect.runtime.WorkerConfig': 'error',
      });
      await writeProperties(config, workerConfig(ports.kafka, ports.connect, artifacts.plugins));
    },
    launch: {
      command: 'java',
      args: [
        ...jvmFlags({
          mark: home,
          heap: '640m',
          tuning,
          properties: { 'log4j2.configurationFile': join(home, 'log4j2.properties') },
        }),
        '-cp',
        join(artifacts.kafka, '*'),
        'org.apache.kafka.connect.cli.ConnectDistributed',
        config,
      ],
      env: {
        MILLRACE_CONNECT_KAFKA_BROKERS: `127.0.0.1:${ports.kafka}`,
        MILLRACE_CONNECT_REGISTRY_URL: `http://127.0.0.1:${ports.registry}/apis/registry/v2`,
        MILLRACE_ADNSF_CDC_HOST: '127.0.0.1',
        MILLRACE_ADNSF_CDC_PORT: String(ports.sqlserver),
        MILLRACE_ADNSF_CDC_USER: 'millrace_cdc',
        MILLRACE_ADNSF_CDC_PASSWORD: secrets.sqlServerCdc,
        MILLRACE_ADNSF_CDC_ENCRYPT: 'false',
        MILLRACE_ADNSF_CDC_TRUST_CERTIFICATE: 'false',
      },
      cwd: home,
    },
    probe: httpProbe(`http://127.0.0.1:${ports.connect}/health`),
    startMs: 120_000,
    graceMs: 15_000,
  };
}

function workerConfig(kafka: number, port: number, plugins: string): Record<string, string | number | boolean> {
  const json = 'org.apache.kafka.connect.json.JsonConverter';
  return {
    'bootstrap.servers': `127.0.0.1:${kafka}`,
    listeners: `http://127.0.0.1:${port}`,
    'rest.advertised.host.name': '127.0.0.1',
    'group.id': 'millrace-connect',
    'exactly.once.source.support': 'enabled',
    'plugin.path': plugins,
    'plugin.discovery': 'service_load',
    'key.converter': json,
    'value.converter': json,
    'config.storage.topic': 'millrace-connect-configs',
    'offset.storage.topic': 'millrace-connect-offsets',
    'status.storage.topic': 'millrace-connect-status',
    'config.storage.replication.factor': 1,
    'offset.storage.replication.factor': 1,
    'status.storage.replication.factor': 1,
    'offset.storage.partitions': 4,
    'status.storage.partitions': 2,
    // One worker: nobody else could take over, so waiting for it to come back only delays it.
    'scheduled.rebalance.max.delay.ms': 0,
    // The broker's lower bound: after a kill -9 the new worker waits for its dead self to time out.
    'session.timeout.ms': 6_000,
    'heartbeat.interval.ms': 2_000,
    'offset.flush.interval.ms': 1_000,
    'config.providers': 'env',
    'config.providers.env.class': 'org.apache.kafka.common.config.provider.EnvVarConfigProvider',
    // A connector may name our variables and no others of this process.
    'config.providers.env.param.allowlist.pattern': 'MILLRACE_.*',
  };
}
