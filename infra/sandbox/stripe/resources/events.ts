import { invalidParameter } from '../errors.ts';
import { listed, readCreated, readCursor } from '../pagination.ts';
import { fetched } from '../world.ts';
import type { Operation } from '../world.ts';

/** Events can be looked up for 30 days. */
const keptSeconds = 30 * 24 * 3600;

export const retrieveEvent: Operation = ({ world, read, path }) => {
  read.end();
  return fetched(world, 'event', path['id'] ?? '');
};

export const listEvents: Operation = ({ world, read, params }) => {
  const cursor = readCursor(read);
  const type = read.text('type');
  const types = read.texts('types');
  const { created } = readCreated(read, params);
  read.ignore('delivery_success');
  read.end();
  if (types !== undefined && types.length > 20) throw invalidParameter('types can have up to 20 elements.', 'types');
  const oldest = world.clock.seconds() - keptSeconds;
  const query = {
    ...(type != null && { where: { type } }),
    ...(types !== undefined && { among: { field: 'type', values: types } }),
    created: { ...created, gte: Math.max(created?.gte ?? 0, oldest) },
  };
  return listed(world, 'event', '/v1/events', query, cursor);
};
