/** What a cluster has of what is desired. Reads only. */
import { z } from 'zod';
import type { Admin } from '../../runtime/ports.ts';
import type { Actual, ActualSubject, ActualTopic, Desired, Settings } from './plan.ts';
import type { RegistryAdmin } from './registry.ts';

/** Config of a connector as Connect has it; undefined when there is none of this name. */
export const connectorConfig = async (connectUrl: string, name: string): Promise<Settings | undefined> => {
  const url = `${connectUrl.replace(/\/$/, '')}/connectors/${encodeURIComponent(name)}/config`;
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(15_000) });
  } catch (error) {
    throw new Error(`Kafka Connect does not answer at ${connectUrl}`, { cause: error });
  }
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return z.record(z.string(), z.string()).parse(await response.json());
};

export const actualState = async (
  desired: Desired,
  from: Readonly<{ admin: Admin; registry: RegistryAdmin; connectUrl: string }>,
): Promise<Actual> => {
  const { admin, registry } = from;
  const partitions = await admin.partitions(desired.topics.map(({ topic }) => topic));
  const topics = new Map<string, ActualTopic>();
  for (const [topic, count] of partitions)
    topics.set(topic, { partitions: count, config: Object.fromEntries(await admin.topicConfig(topic)) });

  const known = await registry.subjects();
  const subjects = new Map<string, ActualSubject>();
  for (const { subject, schema } of desired.subjects)
    if (known.has(subject)) subjects.set(subject, await registry.inspect(subject, schema));

  const connectors = new Map<string, Settings>();
  for (const { name } of desired.connectors) {
    const config = await connectorConfig(from.connectUrl, name);
    if (config !== undefined) connectors.set(name, config);
  }
  return { topics, subjects, connectors };
};
