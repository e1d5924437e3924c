import type { Clock } from './clock.ts';
import type { Journal } from './journal.ts';
import type { EventObject } from './objects.ts';
import { apiVersion } from './objects.ts';
import type { Cause, World } from './world.ts';
import type { Webhooks } from './webhooks.ts';

/**
 * Makes the recorder of events. The object is frozen as it is now. With the configured probability the fact gets a twin:
 * a second event that differs in its id only.
 */
export const eventRecorder =
  (journal: Journal, clock: Clock, fate: Pick<World, 'newId' | 'chance'>, webhooks: Webhooks, cause: () => Cause) =>
  (type: string, object: object, previous?: Record<string, unknown>): void => {
    const { id, idempotencyKey } = cause();
    const endpoints = webhooks.endpointsFor(type);
    const record = (): EventObject => {
      const event: EventObject = {
        id: fate.newId('evt'),
        object: 'event',
        api_version: apiVersion,
        created: clock.seconds(),
        data: { object, ...(previous && { previous_attributes: previous }) },
        livemode: false,
        pending_webhooks: endpoints.length,
        request: { id, idempotency_key: idempotencyKey },
        type,
      };
      journal.insert('event', event, event.created);
      for (const endpoint of endpoints) webhooks.enqueue(event.id, endpoint);
      return event;
    };
    const first = record();
    if (fate.chance('twin', first.id) < webhooks.configuration().twins) record();
  };
