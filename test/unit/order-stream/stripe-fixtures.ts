/** Stripe's events as files, and as the webhooks service keeps them. */
import { readdirSync, readFileSync } from 'node:fs';
import type { StripeEvent } from '../../../schemas/generated/types.ts';
import { asEvent } from '../../../services/webhooks/domain/event.ts';
import { routingKey } from '../../../services/webhooks/domain/routing-key.ts';

const folder = new URL('../../fixtures/stripe/', import.meta.url);

export const versions: readonly string[] = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

export type Kept = Readonly<{ name: string; key: string; event: StripeEvent }>;

/** An event from the bytes of a delivery. */
export const kept = (name: string, body: Buffer): Kept => {
  const delivered = asEvent(JSON.parse(body.toString('utf8')));
  if (delivered === undefined) throw new Error(`${name} is no event`);
  const { id, type, apiVersion, created, account, livemode } = delivered;
  const event = { id, type, apiVersion, created: BigInt(created) * 1000n, account, livemode, body };
  return { name, key: routingKey(delivered), event };
};

/** All events of a version, by name. */
export const story = (version: string): readonly Kept[] =>
  readdirSync(new URL(`${version}/`, folder))
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => kept(file.replace('.json', ''), readFileSync(new URL(`${version}/${file}`, folder))));

/** The same fact under another id. */
export const twin = ({ name, event }: Kept, n = 1): Kept => {
  const body = JSON.parse(event.body.toString('utf8')) as Record<string, unknown>;
  return kept(name, Buffer.from(JSON.stringify({ ...body, id: `${event.id}_twin${n}` })));
};
