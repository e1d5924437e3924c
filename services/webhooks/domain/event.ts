/** What a Stripe event must be for us to keep it. Its type and what lies in `data` are nobody's business here. */

export type JsonObject = Readonly<Record<string, unknown>>;

export type DeliveredEvent = Readonly<{
  id: string;
  type: string;
  /** Epoch seconds. */
  created: number;
  livemode: boolean;
  apiVersion: string | null;
  account: string | null;
  object: JsonObject;
}>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Undefined when this is not a snapshot event. Thin events (`v2.core.event`) carry no data and are not taken. */
export const asEvent = (json: unknown): DeliveredEvent | undefined => {
  if (!isObject(json) || json['object'] !== 'event' || !isObject(json['data'])) return undefined;
  const { id, type, created, livemode, api_version: apiVersion, account } = json;
  const object = json['data']['object'];
  if (!isText(id) || !isText(type) || typeof livemode !== 'boolean' || !isObject(object)) return undefined;
  if (typeof created !== 'number' || !Number.isSafeInteger(created)) return undefined;
  return {
    id,
    type,
    created,
    livemode,
    apiVersion: isText(apiVersion) ? apiVersion : null,
    account: isText(account) ? account : null,
    object,
  };
};
