/** The payment page of an order, reached by the signed link that the shop's confirmation page shows. */
import { z } from 'zod';
import { signedPath } from '../../../services/payments/link.ts';
import { tryAgain } from './again.ts';
import type { OpenPayment } from './browser.ts';

const LINK_SECONDS = 600;

/** Not ready, too many at one time, or away: any of these passes. */
class PageAwayError extends Error {
  override readonly name = 'PageAwayError';
}

const offer = z.object({
  clientSecret: z.string().nullable(),
  status: z.enum([
    'canceled',
    'processing',
    'requires_action',
    'requires_capture',
    'requires_confirmation',
    'requires_payment_method',
    'succeeded',
  ]),
});
const problem = z.object({ error: z.object({ code: z.string() }) });

const ask = async (url: URL): Promise<Response> => {
  try {
    return await fetch(url, { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(15_000) });
  } catch (error) {
    throw new PageAwayError('the payment page does not answer', { cause: error });
  }
};

/** `base` is where the payment endpoint is, `linkSecret` what the shop signs its links with. */
export const paymentPage =
  (base: string, linkSecret: string): OpenPayment =>
  (patience, { order, id }) =>
    tryAgain(
      patience,
      (error) => error instanceof PageAwayError,
      async () => {
        const path = signedPath(linkSecret, String(order), Math.floor(Date.now() / 1_000) + LINK_SECONDS);
        const answer = await ask(new URL(path, base));
        const body: unknown = await answer.json().catch(() => undefined);
        if (!answer.ok) {
          const code = problem.safeParse(body).data?.error.code ?? 'no reason';
          const why = `the payment page of order ${order} says ${answer.status}: ${code}`;
          throw answer.headers.has('retry-after') || answer.status >= 500 ? new PageAwayError(why) : new Error(why);
        }
        const { clientSecret, status } = offer.parse(body);
        if (clientSecret !== null && !clientSecret.startsWith(`${id}_secret_`))
          throw new Error(`the payment page of order ${order} offers another payment than ${id}`);
        return { clientSecret: clientSecret ?? '', status };
      },
    );
