/** The page's script and the stand-in for Stripe.js, in a document of a few elements, against the real endpoints. */
import { createContext, runInContext } from 'node:vm';
import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningStripe, startStripe } from '../../../infra/sandbox/stripe/server.ts';
import { SCRIPT } from '../../../services/payments/page.ts';

let stripe: RunningStripe;
let sdk: Stripe;
beforeAll(async () => {
  stripe = await startStripe({ secretKey: 'sk_test_pay', publishableKey: 'pk_test_pay' });
  const { hostname: host, port } = new URL(stripe.url);
  sdk = new Stripe('sk_test_pay', { host, port, protocol: 'http', telemetry: false });
});
afterAll(async () => {
  await stripe.close();
});

type Listener = (event: { preventDefault: () => void }) => unknown;

class Element {
  textContent = '';
  hidden = true;
  disabled = false;
  value = '';
  readonly children: Element[] = [];
  readonly listeners = new Map<string, Listener>();
  append(child: Element) {
    this.children.push(child);
  }
  addEventListener(name: string, listener: Listener) {
    this.listeners.set(name, listener);
  }
  querySelector() {
    return this;
  }
}

const ORIGIN = 'https://pay.example.com';

/** A page whose own address answers as given. */
const visit = async (answers: readonly Readonly<{ status: number; body: unknown; retryAfter?: string }>[]) => {
  const elements = new Map<string, Element>();
  const element = (id: string): Element => {
    const known = elements.get(id) ?? new Element();
    elements.set(id, known);
    return known;
  };
  const left = [...answers];
  const context = createContext({
    document: {
      currentScript: { src: `${stripe.url}/stripe.js` },
      getElementById: (id: string) => element(id),
      querySelector: (selector: string) => element(selector.slice(1)),
      createElement: () => new Element(),
    },
    location: { href: `${ORIGIN}/pay/7?expires=1&signature=x` },
    setTimeout: (work: () => void) => setImmediate(work),
    fetch: (url: string | URL, init: RequestInit) => {
      if (!String(url).startsWith(ORIGIN)) return fetch(url, { ...init, headers: { origin: ORIGIN } });
      const { status, body, retryAfter } = left.shift()!;
      return Promise.resolve(
        new Response(JSON.stringify(body), {
          status,
          headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
        }),
      );
    },
    URL,
    URLSearchParams,
    Intl,
  });
  runInContext('globalThis.window = globalThis', context);
  const script = await fetch(`${stripe.url}/stripe.js`);
  expect(script.headers.get('content-type')).toMatch(/javascript/);
  runInContext(await script.text(), context);
  runInContext(SCRIPT, context);
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  };
  return { element, until };
};

const intent = () => sdk.paymentIntents.create({ amount: 3744, currency: 'usd', payment_method_types: ['card'] });
const offer = (clientSecret: string | null) => ({
  status: 200,
  body: {
    clientSecret,
    publishableKey: 'pk_test_pay',
    amount: 3744,
    amountText: '37.44',
    currency: 'USD',
    status: 'x',
  },
});

describe('the payment page', () => {
  it('waits until the payment is ready, shows what is due, is declined, and pays with another card', async () => {
    const made = await intent();
    const notReady = { status: 409, retryAfter: '1', body: { error: { code: 'not_ready', message: 'ask again' } } };
    const { element, until } = await visit([notReady, offer(made.client_secret)]);
    const form = element('form');
    await until(() => !form.hidden);
    expect(element('amount').textContent).toBe('$37.44');
    const select = element('element').children[0]!;
    const submit = () => form.listeners.get('submit')!({ preventDefault: () => undefined });
    select.value = 'pm_card_visa_chargeDeclinedInsufficientFunds';
    select.listeners.get('change')!({ preventDefault: () => undefined });
    await submit();
    expect(element('said').textContent).toMatch(/insufficient funds/i);
    expect(form.hidden).toBe(false);
    select.value = 'pm_card_visa';
    select.listeners.get('change')!({ preventDefault: () => undefined });
    await submit();
    expect(element('said').textContent).toMatch(/on its way/);
    expect((await sdk.paymentIntents.retrieve(made.id)).status).toBe('succeeded');
  });

  it('thanks for what is paid', async () => {
    const { element, until } = await visit([offer(null)]);
    await until(() => element('said').textContent !== '');
    expect([element('said').textContent, element('form').hidden]).toEqual(['Thank you: this order is paid.', true]);
  });

  it('says why it cannot be paid', async () => {
    const { element, until } = await visit([
      { status: 410, body: { error: { code: 'link_expired', message: 'expired' } } },
    ]);
    await until(() => element('said').textContent !== '');
    expect(element('said').textContent).toBe('expired');
  });
});
