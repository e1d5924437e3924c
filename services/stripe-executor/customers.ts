/**
 * What commands do to a customer at Stripe. All of them say how the customer shall be, so that doing one again changes
 * nothing; whether it would undo something younger is looked up first. What is gone already is left alone.
 */
import type Stripe from 'stripe';
import type {
  DeleteCustomer,
  MoveCustomer,
  PostalAddress,
  RetireCustomer,
  UpdateCustomer,
} from '../../schemas/generated/types.ts';
import { replayed, updateUnder } from './create-once.ts';
import type { Outcome } from './domain/outcome.ts';
import { API_VERSION, type StripeApi } from './stripe-api.ts';

type Command = UpdateCustomer | MoveCustomer | RetireCustomer | DeleteCustomer;
type Found = Stripe.Response<Stripe.Customer | Stripe.DeletedCustomer>;

const VERSION = 'profile_version';

/** Results are functions of the command: of a customer that is gone Stripe tells no time. */
const done = (command: Command, object: Found, how: string): Outcome => ({
  status: 'succeeded',
  objectId: object.id,
  objectStatus: object.deleted === true ? 'deleted' : 'present',
  created: Number(command.occurredAt / 1000n),
  requestId: object.lastResponse.requestId,
  replayed: replayed(object),
  detail: { how, apiVersion: API_VERSION },
});

const timeOf = (version: string): bigint => BigInt(/^\d+/.exec(version)?.[0] ?? '0');

const clearable = (value: string | null): string => value ?? '';

const addressParams = (address: PostalAddress): Stripe.AddressParam => ({
  line1: clearable(address.line1),
  line2: clearable(address.line2),
  city: clearable(address.city),
  state: clearable(address.state),
  postal_code: clearable(address.postalCode),
  ...(address.country !== null && { country: address.country }),
});

const change = (
  api: StripeApi,
  { commandId, payload }: UpdateCustomer | MoveCustomer | RetireCustomer,
  params: Stripe.CustomerUpdateParams,
): Promise<Stripe.Response<Stripe.Customer>> =>
  updateUnder(commandId, (key) => api.updateCustomer(payload.customer, params, key));

export const updateCustomer = async (api: StripeApi, command: UpdateCustomer): Promise<Outcome> => {
  const { customer, version, fields, name, phone, address } = command.payload;
  const present = await api.retrieveCustomer(customer);
  if (present.deleted === true) return done(command, present, 'gone');
  // A command that comes again after days must not take back what was said since.
  if (timeOf(present.metadata[VERSION] ?? '') > timeOf(version)) return done(command, present, 'superseded');
  const updated = await change(api, command, {
    ...(fields.includes('name') && { name: clearable(name) }),
    ...(fields.includes('phone') && { phone: clearable(phone) }),
    ...(fields.includes('address') && { address: address === null ? ('' as const) : addressParams(address) }),
    metadata: { [VERSION]: version },
  });
  return done(command, updated, 'updated');
};

/** The e-mail is the key in Stripe's own form, as at the creation: `EnsureCustomer` finds the customer by both. */
export const moveCustomer = async (api: StripeApi, command: MoveCustomer): Promise<Outcome> => {
  const { customer, customerKey } = command.payload;
  const present = await api.retrieveCustomer(customer);
  if (present.deleted === true) return done(command, present, 'gone');
  const params = { email: customerKey, metadata: { customer_key: customerKey } };
  return done(command, await change(api, command, params), 'updated');
};

export const retireCustomer = async (api: StripeApi, command: RetireCustomer): Promise<Outcome> => {
  const { customer, into } = command.payload;
  const present = await api.retrieveCustomer(customer);
  if (present.deleted === true) return done(command, present, 'gone');
  const params = { metadata: { customer_key: '', merged_into: into } };
  return done(command, await change(api, command, params), 'updated');
};

export const deleteCustomer = async (api: StripeApi, command: DeleteCustomer): Promise<Outcome> => {
  const { customer } = command.payload;
  const present = await api.retrieveCustomer(customer);
  if (present.deleted === true) return done(command, present, 'gone');
  return done(command, await api.deleteCustomer(customer), 'deleted');
};
