import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { jvmFlags, writeLogging, writeProperties } from './jvm.ts';
import { kafkaProbe } from './kafka-probe.ts';
import type { Part, StackContext } from './part.ts';

const run = promisify(execFile);

/** One broker that is its own controller (KRaft). Topics are made on purpose or not at all. */
export function kafkaPart(context: StackContext): Part {
  const { layout, ports, artifacts, tuning } = context;
  const home = layout.data('kafka');
  const logDir = join(home, 'data');
  const config = join(home, 'server.properties');
  const classPath = join(artifacts.kafka, '*');
  return {
    name: 'kafka',
    needs: [],
    prepare: async () => {
      await mkdir(home, { recursive: true });
      await writeLogging(home, {
        'kafka.server.KafkaRaftServer': 'info',
        'org.apache.kafka.common.utils.AppInfoParser': 'error',
      });
      await writeProperties(config, brokerConfig(ports.kafka, ports.kafkaController, logDir));
      if (!existsSync(join(logDir, 'meta.properties'))) await format(classPath, config);
    },
    launch: {
      command: 'java',
      args: [
        ...jvmFlags({
          mark: home,
          heap: tuning.jvm === 'start' ? '768m' : '1g',
          tuning,
          properties: { 'log4j2.configurationFile': join(home, 'log4j2.properties') },
        }),
        '-cp',
        classPath,
        'kafka.Kafka',
        config,
      ],
      env: {},
      cwd: home,
    },
    probe: kafkaProbe(ports.kafka),
    startMs: 90_000,
    graceMs: 20_000,
  };
}

function brokerConfig(port: number, controllerPort: number, logDir: string): Record<string, string | number | boolean> {
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': logDir,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.num.partitions': 8,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 8,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // After kill -9 a broker may register again only when its dead self has timed out: 9 s by default.
    'broker.session.timeout.ms': 4_000,
    'broker.heartbeat.interval.ms': 1_000,
    // The default, 128 MB, would be a sixth of the heap for a cleaner that has little to clean.
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
  };
}

async function format(classPath: string, config: string): Promise<void> {
  const tool = ['-XX:TieredStopAtLevel=1', '-cp', classPath, 'kafka.tools.StorageTool'];
  await run('java', [...tool, 'format', `--cluster-id=${newClusterId()}`, '-c', config]);
}

/** 16 random bytes as Kafka writes them. One that begins with a dash looks like an option to Kafka's tools. */
export function newClusterId(random: () => Buffer = () => randomBytes(16)): string {
  for (;;) {
    const id = random().toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}
