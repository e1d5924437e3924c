/**
 * A stand-in for Stripe.js, as far as a payment page uses it: elements, one to choose a test card with, and
 * confirmPayment. It talks to this simulator with the publishable key, as a browser does to Stripe.
 */
import type { FastifyInstance } from 'fastify';

const SCRIPT = `(() => {
  const api = new URL('/v1/', document.currentScript.src);
  const cards = { pm_card_visa: 'A card that pays', pm_card_visa_chargeDeclinedInsufficientFunds: 'A card without funds' };
  window.Stripe = (key) => ({
    elements: ({ clientSecret }) => {
      const state = { clientSecret, card: Object.keys(cards)[0] };
      state.create = () => ({
        mount: (selector) => {
          const select = document.createElement('select');
          for (const [value, text] of Object.entries(cards)) {
            const option = document.createElement('option');
            option.value = value;
            option.textContent = text;
            select.append(option);
          }
          select.addEventListener('change', () => { state.card = select.value; });
          document.querySelector(selector).append(select);
        },
      });
      return state;
    },
    confirmPayment: async ({ elements, confirmParams }) => {
      const [id] = elements.clientSecret.split('_secret_');
      const answer = await fetch(new URL('payment_intents/' + id + '/confirm', api), {
        method: 'POST',
        body: new URLSearchParams({
          key,
          client_secret: elements.clientSecret,
          payment_method: elements.card,
          return_url: confirmParams.return_url,
        }),
      });
      const body = await answer.json();
      return answer.ok ? { paymentIntent: body } : { error: body.error };
    },
  });
})();
`;

/** Serves the script, and lets pages of any origin use the API with it. */
export const serveStripeJs = (app: FastifyInstance): void => {
  app.addHook('onRequest', (request, reply, done) => {
    if (request.headers.origin !== undefined) void reply.header('access-control-allow-origin', '*');
    done();
  });
  app.get('/stripe.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(SCRIPT));
};
