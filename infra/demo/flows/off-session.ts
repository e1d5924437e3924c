/**
 * Orders of which nobody is at a page: one of a customer with a saved card, one whose bank wants to hear the customer, one of
 * somebody who has saved nothing. The latter two get a mail, follow its link, and pay.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { customerKeyOf } from '../../../services/order-stream/domain/shop.ts';
import { openShop } from '../../../services/cli/shop.ts';
import type { Visit } from '../../sandbox/shopper/plan.ts';
import type { Flow, FlowWorld, Outcome } from './flow.ts';
import { type Bought, buy, openShopFloor } from './shopping.ts';

const LOOK_EVERY_MS = 200;
const METHOD = 'Stripe saved card';

/** What each of them has saved. */
const CARDS = ['pm_card_visa', 'pm_card_authenticationRequired', null] as const;

const saveCard = async ({ stripe }: FlowWorld, { email }: Visit, card: string): Promise<void> => {
  const key = customerKeyOf(email);
  const known = (await stripe.customers.list({ email: key, limit: 100 })).data.find(
    ({ metadata }) => metadata['customer_key'] === key,
  );
  const { id } = known ?? (await stripe.customers.create({ email: key, metadata: { customer_key: key } }));
  await stripe.paymentMethods.attach(card, { customer: id });
};

type Mail = Readonly<{ command: string | null; raw: string }>;

/** The link in the mail by which an order is to be paid, once it has come. */
const linkOf = async ({ env, signal }: FlowWorld, order: number): Promise<string> => {
  for (;;) {
    const mails = (await (await fetch(env['MILLRACE_MAILBOX_URL'] ?? '', { signal })).json()) as readonly Mail[];
    const mail = mails.find(({ command }) => command?.startsWith(`${order}/ask-to-`));
    // Quoted-printable: long lines are broken, and = is =3D.
    const body = mail?.raw.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=');
    const link = /https?:\/\/\S+\/pay\/\S+/.exec(body ?? '')?.[0];
    if (link !== undefined) return link;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
};

/** What the page gets by the link is all that is needed to pay. */
const payBy = async ({ stripe, signal }: FlowWorld, link: string): Promise<void> => {
  for (;;) {
    const answer = await fetch(link, { headers: { accept: 'application/json' }, signal });
    const { clientSecret } = (await answer.json()) as { clientSecret?: string };
    if (answer.ok && clientSecret !== undefined && clientSecret !== '') {
      const [id] = clientSecret.split('_secret_');
      const paid = { payment_method: 'pm_card_visa', return_url: 'https://shop.example/paid' };
      await stripe.paymentIntents.confirm(id!, paid);
      return;
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
};

const judged = async ({ config, stripe }: FlowWorld, bought: readonly Bought[]): Promise<Outcome> => {
  const shop = await openShop(config);
  try {
    const findings: string[] = [];
    for (const [n, { order, planned }] of bought.entries()) {
      const row = (await shop.orders()).find((each) => each.orderId === String(order));
      const reference = row !== undefined && 'reference' in row ? row.reference : null;
      const intent =
        reference?.startsWith('pi_') === true ? await stripe.paymentIntents.retrieve(reference) : undefined;
      if (intent === undefined) findings.push(`order ${order} has no PaymentIntent`);
      else if (intent.amount_received !== Number(planned.total))
        findings.push(`order ${order}: Stripe received ${intent.amount_received}, not ${planned.total}`);
      else if ((intent.metadata['collection'] === 'off_session') !== (CARDS[n] !== null))
        findings.push(`order ${order}: ${intent.id} was not collected as what was saved calls for`);
    }
    return { started: bought.length, completed: bought.length - findings.length, findings };
  } finally {
    shop.close();
  }
};

export const offSession: Flow = {
  name: 'charged to a saved card, or asked by mail',
  start: async (world) => {
    const shop = openShopFloor(world);
    try {
      const bought = await buy(shop, world.signal, `${world.seed} away`, CARDS.length, METHOD, {
        who: ({ person }) => person.registered,
        pays: async (n, visit) => {
          const card = CARDS[n];
          if (card != null) await saveCard(world, visit, card);
          return undefined;
        },
      });
      await Promise.all(bought.slice(1).map(async ({ order }) => payBy(world, await linkOf(world, order))));
      return () => judged(world, bought);
    } finally {
      shop.close();
    }
  },
};
