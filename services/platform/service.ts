/** The shell around every service: configuration, logs, Kafka, schemas, metrics, and how it begins and ends. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { httpRegistry } from '../../schemas/registry.ts';
import { openSchemas, type Schemas } from '../../schemas/serde.ts';
import { kafkajsCluster } from '../runtime/kafkajs/cluster.ts';
import type { KafkaCluster } from '../runtime/ports.ts';
import { openLifetime } from './lifetime.ts';
import { type Logger, openLogger } from './logger.ts';
import { startMetrics } from './metrics.ts';
import { logTroubles } from './troubles.ts';
import { commonVariables, type Config, type Environment, readVariables, type Variables } from './variables.ts';

/** A stack trace of a process that took longer than this to stop is worth more than its peace. */
const STOP_DEADLINE_MS = 25_000;

export type Platform<V extends Variables = Variables> = Readonly<{
  service: string;
  config: Config<V & typeof commonVariables>;
  logger: Logger;
  cluster: KafkaCluster;
  schemas: Schemas;
  /** This service's own directory; it exists. */
  stateDir: string;
  /** Aborted when the service is told to stop. */
  signal: AbortSignal;
  /** To be done at the end; what was opened last closes first. */
  onStop: (close: () => Promise<void> | void) => void;
  /** Ends the process at once with exit code 1, saying why. */
  fail: (error: unknown) => void;
  /** Says on stdout, in one line of JSON, that the service works. */
  ready: (info?: Readonly<Record<string, unknown>>) => void;
}>;

export type ServiceOptions<V extends Variables> = Readonly<{
  service: string;
  /** Variables of its own, next to those every service has. */
  variables: V;
  environment?: Environment;
}>;

/**
 * Opens what every service needs and obeys SIGTERM and SIGINT from here on.
 * @throws FatalError when the configuration is wrong, naming every variable that is.
 */
export const openPlatform = async <V extends Variables>(options: ServiceOptions<V>): Promise<Platform<V>> => {
  const { service } = options;
  const variables = { ...commonVariables, ...options.variables };
  const { config, secrets } = readVariables(variables, options.environment ?? process.env);
  const common = config as Config<typeof commonVariables>;
  const logger = openLogger({ service, level: common.MILLRACE_LOG_LEVEL, secrets });
  const lifetime = openLifetime({ logger, deadlineMs: STOP_DEADLINE_MS, exit: (code) => process.exit(code) });
  obeySignals(lifetime.stop, lifetime.fail);
  lifetime.onStop(logTroubles(logger));

  const stateDir = join(common.MILLRACE_STATE_DIR, service);
  mkdirSync(stateDir, { recursive: true });
  const cluster = kafkajsCluster({ brokers: common.MILLRACE_KAFKA_BROKERS, clientId: service });
  const metrics =
    common.MILLRACE_METRICS_PORT === undefined ? undefined : await startMetrics(common.MILLRACE_METRICS_PORT);
  if (metrics) lifetime.onStop(metrics.close);

  return {
    service,
    config,
    logger,
    cluster,
    schemas: openSchemas(httpRegistry(common.MILLRACE_REGISTRY_URL)),
    stateDir,
    signal: lifetime.signal,
    onStop: lifetime.onStop,
    fail: lifetime.fail,
    ready(info = {}) {
      const metricsPort = metrics === undefined ? {} : { metricsPort: metrics.port };
      process.stdout.write(`${JSON.stringify({ ready: true, service, pid: process.pid, ...metricsPort, ...info })}\n`);
    },
  };
};

/** The first signal asks to stop; a second one does not ask. */
const obeySignals = (stop: (reason: string) => Promise<void>, fail: (error: unknown) => void): void => {
  let asked = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (asked) fail(new Error(`${signal} again while stopping`));
      asked = true;
      void stop(signal);
    });
  }
  process.on('unhandledRejection', fail);
  process.on('uncaughtException', fail);
};

/**
 * A service's whole life: opens the platform, runs `main` until it has started everything, and stops on a signal. What
 * `main` throws ends the process with exit code 1.
 */
export const runService = async <V extends Variables>(
  options: ServiceOptions<V>,
  main: (platform: Platform<V>) => Promise<void>,
): Promise<void> => {
  let platform: Platform<V>;
  try {
    platform = await openPlatform(options);
  } catch (error) {
    openLogger({ service: options.service, level: 'info' }).fatal({ err: error }, 'cannot start');
    process.exit(1);
  }
  try {
    await main(platform);
  } catch (error) {
    platform.fail(error);
  }
};
