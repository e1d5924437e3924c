/** What a deployment decides about its shop. */

export type StorePolicy = Readonly<{
  /** ISO 4217. ADNSF has no currency column: a store sells in one. */
  currency: string;
  /** IANA zone of the shop's server. */
  timeZone: string;
  /** Whether the catalogue's prices, which name no currency, are in this one: asked where stores sell in several. */
  catalogue?: boolean | undefined;
}>;

export type Policy = Readonly<{
  /** By StoreID. */
  stores: Readonly<Record<string, StorePolicy>>;
  /** Payment methods, as `cleanPaymentMethod` spells them, that Stripe collects. */
  stripeMethods: readonly string[];
  /** Those of them whose money is only held at checkout, and captured when the order is shipped. */
  captureOnShipment: readonly string[];
  /**
   * Those of which nobody is at a page: what the customer has saved is charged. `RECURRING` stands for repeats of recurring
   * orders, whatever their method.
   */
  offSession: readonly string[];
  /** Whether an order is shipped with the first of its parcels, rather than when all of it has left. */
  shippedWithFirst: boolean;
  /** Whether this pipeline handles live money; events of the other mode are refused. */
  livemode: boolean;
}>;
