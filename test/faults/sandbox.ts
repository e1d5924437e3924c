/** What the world outside Stripe's API does, told to the sandbox. */
export type StripeFault = Readonly<{
  kind: string;
  method: 'GET' | 'POST';
  /** Exact, or with `*` for any characters. */
  path: string;
  count: number;
  holdMs?: number;
}>;

export type Deliveries = Readonly<{ duplicates: number; twins: number; reorderMs: number }>;

export interface StripeControl {
  fault(fault: StripeFault): Promise<void>;
  /** How many faults wait for their request. */
  faultsLeft(): Promise<number>;
  clearFaults(): Promise<void>;
  deliveries(how: Deliveries): Promise<void>;
  /** Signs deliveries with these from now on. */
  signWith(url: string, secrets: readonly string[]): Promise<void>;
}

export const stripeControl = (base: string, secretKey: string): StripeControl => {
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(new URL(`/_sandbox${path}`, base), {
      method,
      headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    fault: async (fault) => {
      await call('POST', '/faults', fault);
    },
    faultsLeft: async () => ((await call('GET', '/faults')) as { faults: unknown[] }).faults.length,
    clearFaults: async () => {
      await call('DELETE', '/faults');
    },
    deliveries: async (how) => {
      await call('POST', '/webhooks', how);
    },
    signWith: async (url, secrets) => {
      await call('POST', '/webhooks', { endpoint: { url, secrets } });
    },
  };
};
