import type Stripe from 'stripe';
import { invalidParameter } from '../errors.ts';
import { mergeMetadata } from '../metadata.ts';
import { apiVersion } from '../objects.ts';
import { listed, readCursor } from '../pagination.ts';
import { fetched } from '../world.ts';
import type { Operation, World } from '../world.ts';

/** The signing secret of an endpoint. It is told once, when the endpoint is created. */
export const webhookSecret = (fate: Pick<World, 'letters'>, endpoint: string): string =>
  `whsec_${fate.letters(32, 'webhook secret', endpoint)}`;

export const createWebhookEndpoint: Operation = ({ world, read }) => {
  const url = read.required('url');
  const wanted = read.texts('enabled_events');
  const version = read.text('api_version') ?? null;
  const description = read.text('description') ?? null;
  const metadata = mergeMetadata({}, read.record('metadata'));
  read.ignore('connect');
  read.end();
  if (!URL.canParse(url)) throw invalidParameter(`Invalid URL: ${url}`, 'url', 'url_invalid');
  if (wanted === undefined || wanted.length === 0)
    throw invalidParameter('Missing required param: enabled_events.', 'enabled_events', 'parameter_missing');
  if (version !== null && version !== apiVersion)
    throw invalidParameter(`Only ${apiVersion} is spoken here.`, 'api_version');
  const endpoint: Stripe.WebhookEndpoint = {
    id: world.newId('we'),
    object: 'webhook_endpoint',
    api_version: version,
    application: null,
    created: world.clock.seconds(),
    description,
    enabled_events: wanted,
    livemode: false,
    metadata,
    status: 'enabled',
    url,
  };
  world.journal.insert('webhook_endpoint', endpoint, endpoint.created);
  return { ...endpoint, secret: webhookSecret(world, endpoint.id) };
};

export const retrieveWebhookEndpoint: Operation = ({ world, read, path }) => {
  read.end();
  return fetched(world, 'webhook_endpoint', path['id'] ?? '');
};

export const deleteWebhookEndpoint: Operation = ({ world, read, path }) => {
  read.end();
  const endpoint = fetched(world, 'webhook_endpoint', path['id'] ?? '');
  world.journal.remove(endpoint.id);
  return { id: endpoint.id, object: 'webhook_endpoint', deleted: true };
};

export const listWebhookEndpoints: Operation = ({ world, read }) => {
  const cursor = readCursor(read);
  read.end();
  return listed(world, 'webhook_endpoint', '/v1/webhook_endpoints', {}, cursor);
};
