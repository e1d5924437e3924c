/** Prometheus metrics, made from what the engine and the services tell on their channels. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { observe, type TaskName } from '../runtime/observe.ts';
import { onServiceCount } from './counts.ts';

const seconds = (milliseconds: number): number => milliseconds / 1000;
const taskLabels = ['application', 'stage', 'partition'] as const;
const labelsOf = ({ application, stage, partition }: TaskName) => ({ application, stage, partition });
const latency = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** Feeds `registry` until the returned function is called. */
export const feedMetrics = (registry: Registry): (() => void) => {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name, help, labelNames: [...labelNames], registers });

  const records = counter('millrace_records_total', 'Input records whose transaction committed', taskLabels);
  const outputs = counter('millrace_outputs_total', 'Output records committed', taskLabels);
  const changes = counter('millrace_changes_total', 'Changelog records committed', taskLabels);
  const deadLetters = counter('millrace_dead_letters_total', 'Records refused, by reason', [...taskLabels, 'code']);
  const counted = counter('millrace_counts_total', 'What stages count', [...taskLabels, 'name', 'label']);
  const troubles = counter('millrace_troubles_total', 'Errors, by what is done about them', [
    'application',
    'stage',
    'action',
    'error',
  ]);
  const services = counter('millrace_service_counts_total', 'What services count', ['service', 'name', 'label']);
  const commit = new Histogram({
    name: 'millrace_commit_seconds',
    help: 'Duration of a transaction',
    labelNames: ['application', 'stage'],
    buckets: latency,
    registers,
  });
  const eventTime = new Gauge({
    name: 'millrace_event_time_seconds',
    help: 'Timestamp of the last record committed; its distance from now is the delay',
    labelNames: taskLabels,
    registers,
  });

  const restoreLabels = [...taskLabels, 'store', 'source'] as const;
  const restored = counter('millrace_restored_records_total', 'Records read to bring stores back', restoreLabels);
  const toRestore = new Gauge({
    name: 'millrace_restore_remaining_offsets',
    help: 'Offsets to go until a store is back; 0 when it is',
    labelNames: restoreLabels,
    registers,
  });
  const unwritable = new Gauge({
    name: 'millrace_disk_unwritable',
    help: '1 while a task waits because its disk takes no writes',
    labelNames: taskLabels,
    registers,
  });
  /** Records told of restores under way, which tell their sum so far. */
  const told = new Map<string, number>();
  /** A task that is gone from here waits for nothing here. */
  const forget = (task: TaskName): void => {
    unwritable.remove(labelsOf(task));
    for (const name of told.keys()) {
      const labels = JSON.parse(name) as ReturnType<typeof labelsOf> & { store: string; source: string };
      const same = taskLabels.every((label) => labels[label] === task[label]);
      if (!same) continue;
      told.delete(name);
      toRestore.remove(labels);
    }
  };

  const stops = [
    observe.restore.subscribe(({ store, source, position, end, records, done, ...task }) => {
      const labels = { ...labelsOf(task), store, source };
      const name = JSON.stringify(labels);
      const before = told.get(name) ?? 0;
      // One that began anew counts from 0.
      restored.inc(labels, records < before ? records : records - before);
      if (done) told.delete(name);
      else told.set(name, records);
      toRestore.set(labels, Number(end - position));
    }),
    observe.task.subscribe(({ to, ...task }) => {
      if (to === 'CLOSED') forget(task);
    }),
    observe.disk.subscribe(({ writable, ...task }) => unwritable.set(labelsOf(task), writable ? 0 : 1)),
    observe.batch.subscribe((batch) => {
      const labels = labelsOf(batch);
      records.inc(labels, batch.records);
      outputs.inc(labels, batch.outputs);
      changes.inc(labels, batch.changes);
      commit.observe({ application: batch.application, stage: batch.stage }, seconds(batch.commitMs));
      if (batch.lastTimestamp !== undefined) eventTime.set(labels, seconds(Number(batch.lastTimestamp)));
    }),
    observe.deadLetter.subscribe((letter) => deadLetters.inc({ ...labelsOf(letter), code: letter.code })),
    observe.count.subscribe((event) => counted.inc({ ...labelsOf(event), name: event.name, label: event.label })),
    observe.trouble.subscribe(({ application, stage, action, error }) =>
      troubles.inc({ application, stage, action, error: error instanceof Error ? error.name : 'unknown' }),
    ),
    onServiceCount(({ service, name, label, amount }) => services.inc({ service, name, label }, amount)),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};

/** Serves `GET /metrics` on the loopback interface. Port 0 takes any free one. */
export const startMetrics = async (port: number): Promise<{ port: number; close: () => Promise<void> }> => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const stop = feedMetrics(registry);
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  const listening = Promise.withResolvers<undefined>();
  server.once('error', listening.reject);
  server.listen(port, '127.0.0.1', () => listening.resolve(undefined));
  await listening.promise;
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        stop();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
