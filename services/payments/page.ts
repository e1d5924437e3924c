/** A page to pay on, for shops that have none of their own, and the script it runs. Neither holds anything of an order. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Pay your order</title>
<link rel="stylesheet" href="/assets/pay.css">
<script src="STRIPE_JS" defer></script>
<script src="/assets/pay.js" defer></script>
</head>
<body>
<main>
<h1>Pay your order</h1>
<p id="amount"></p>
<form id="form" hidden><div id="element"></div><button>Pay</button></form>
<p id="said" role="status">One moment …</p>
</main>
</body>
</html>
`;

export const STYLE = `body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f6f6f4;color:#222}
main{max-width:26rem;margin:4rem auto;padding:2rem;background:#fff;border-radius:.5rem}
h1{font-size:1.25rem;margin:0}#amount{font-size:2rem;margin:.5rem 0}
button{margin-top:1rem;width:100%;padding:.75rem;font:inherit;border:0;border-radius:.25rem;background:#222;color:#fff}
button:disabled{opacity:.5}
`;

/** Asks for the client secret from the very address of the page, and hands it to Stripe.js. */
export const SCRIPT = `const said = document.getElementById('said');
const form = document.getElementById('form');
const say = (text) => { said.textContent = text; };
const shown = ({ amountText, currency }) =>
  new Intl.NumberFormat(undefined, { style: 'currency', currency }).format(amountText);
const load = async () => {
  const answer = await fetch(location.href, { headers: { accept: 'application/json' }, cache: 'no-store' });
  const wait = Number(answer.headers.get('retry-after'));
  if (!answer.ok && wait > 0) { setTimeout(load, wait * 1000); return; }
  const body = await answer.json();
  if (!answer.ok) { say(body.error.message); return; }
  document.getElementById('amount').textContent = shown(body);
  if (body.clientSecret === null) { say('Thank you: this order is paid.'); return; }
  const stripe = Stripe(body.publishableKey);
  const elements = stripe.elements({ clientSecret: body.clientSecret });
  elements.create('payment').mount('#element');
  form.hidden = false;
  say('');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    form.querySelector('button').disabled = true;
    const { error } = await stripe.confirmPayment({
      elements, confirmParams: { return_url: location.href }, redirect: 'if_required',
    });
    form.querySelector('button').disabled = false;
    if (error) { say(error.message); return; }
    form.hidden = true;
    say('Thank you: your payment is on its way.');
  });
};
load().catch(() => say('This does not work at present. Please try again later.'));
`;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

export const page = (stripeJs: URL): string => PAGE.replace('STRIPE_JS', escaped(stripeJs.href));

/** Scripts of ours and of Stripe, frames and requests of Stripe, and nothing else. */
export const contentSecurityPolicy = (stripeJs: URL): string => {
  const stripe = [...new Set([stripeJs.origin, 'https://js.stripe.com', 'https://*.js.stripe.com'])].join(' ');
  const api = [
    ...new Set(['https://api.stripe.com', ...(stripeJs.hostname.endsWith('stripe.com') ? [] : [stripeJs.origin])]),
  ];
  return [
    "default-src 'none'",
    `script-src 'self' ${stripe}`,
    `frame-src ${stripe} https://hooks.stripe.com`,
    `connect-src 'self' ${api.join(' ')}`,
    "style-src 'self'",
    "img-src 'self' https://*.stripe.com",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
};
