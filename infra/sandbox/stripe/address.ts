import type Stripe from 'stripe';
import { reading } from './params.ts';
import type { Cleared, Reader } from './params.ts';

/** Reads the `address` of a hash. */
export const readAddress = (parent: Reader): Cleared<Stripe.Address> => {
  const sent = parent.record('address');
  if (sent == null) return sent;
  const read = reading(sent);
  const address = {
    city: read.text('city') ?? null,
    country: read.text('country') ?? null,
    line1: read.text('line1') ?? null,
    line2: read.text('line2') ?? null,
    postal_code: read.text('postal_code') ?? null,
    state: read.text('state') ?? null,
  };
  read.end();
  return address;
};

/** Name, phone and address that something is sent to. */
export interface ShippingDetails {
  address: Stripe.Address;
  carrier: string | null;
  name: string;
  phone: string | null;
  tracking_number: string | null;
}

/** Reads `shipping`; `address` and `name` are required in it. @throws ApiError */
export const readShipping = (parent: Reader): Cleared<ShippingDetails> => {
  const sent = parent.record('shipping');
  if (sent == null) return sent;
  const read = reading(sent);
  const address = readAddress(read);
  const shipping = {
    address: address ?? { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
    carrier: read.text('carrier') ?? null,
    name: read.required('name'),
    phone: read.text('phone') ?? null,
    tracking_number: read.text('tracking_number') ?? null,
  };
  read.end();
  return shipping;
};
