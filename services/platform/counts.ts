/** Things worth counting that happen outside stages. Metrics subscribe; without a subscriber it costs nothing. */
import { channel } from 'node:diagnostics_channel';

export type ServiceCount = Readonly<{ service: string; name: string; label: string; amount: number }>;

const counts = channel('millrace:service-count');

/** Counts something by a name and one label out of a small set: labels become time series. */
export const countService = (service: string, name: string, label: string, amount = 1): void => {
  if (counts.hasSubscribers) counts.publish({ service, name, label, amount } satisfies ServiceCount);
};

/** Returns how to stop. */
export const onServiceCount = (listener: (event: ServiceCount) => void): (() => void) => {
  const wrapped = (event: unknown): void => listener(event as ServiceCount);
  counts.subscribe(wrapped);
  return () => {
    counts.unsubscribe(wrapped);
  };
};
