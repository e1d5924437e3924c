/** Guards of the ways in and out over HTTP: the shop's REST API, its webhooks, and the payment endpoint. */
import type { Mutant } from './mutant.ts';

const shopOverBoth = ['test/unit/adnsf-executor/shop.test.ts'];
const restClient = ['test/unit/adnsf-executor/rest.test.ts'];
const api = ['test/unit/adnsf-api/api.test.ts'];
const payments = ['test/unit/payments/server.test.ts'];
const shopDoor = ['test/unit/webhooks/shop-door.test.ts'];
const reader = ['test/topology/executors/adnsf-reader.test.ts'];

const changes = 'infra/sandbox/adnsf/changes.ts';
const offer = 'services/payments/domain/offer.ts';

export const edgeMutants: readonly Mutant[] = [
  {
    guard: 'rest-absence-in-the-apis-word',
    why: 'a wrong address would make every order one that is not there',
    file: 'services/adnsf-executor/rest/client.ts',
    edits: [{ find: `sent.status === 404 && problemOf(sent)?.code === absence`, replace: `sent.status === 404` }],
    tests: restClient,
  },
  {
    guard: 'rest-key-goes-nowhere-else',
    why: 'a redirect would carry the shop’s key to somebody else',
    file: 'services/adnsf-executor/rest/client.ts',
    edits: [{ find: `redirect: 'error',`, replace: `redirect: 'follow',` }],
    tests: restClient,
  },
  {
    guard: 'rest-changed-meanwhile-again',
    why: 'a command whose order changed under it would be put aside',
    file: 'services/adnsf-executor/rest/failure.ts',
    edits: [{ find: `[401, 408, 412, 425, 429]`, replace: `[401, 408, 425, 429]` }],
    tests: restClient,
  },
  {
    guard: 'rest-known-command-is-replayed',
    why: 'who lost the race would tell the outcome as his own',
    file: 'services/adnsf-executor/rest/shop.ts',
    edits: [{ find: `if (body.replayed) throw`, replace: `if (body.replayed && commandId === '') throw` }],
    tests: shopOverBoth,
  },
  {
    guard: 'rest-keeps-authorisation-time',
    why: 'the time of an authorisation would be overwritten by that of the capture',
    file: 'services/adnsf-executor/rest/shop.ts',
    edits: [{ find: `...(order.authorizedOn === null && { authorizedOn: on }),`, replace: `authorizedOn: on,` }],
    tests: shopOverBoth,
  },
  {
    guard: 'api-change-as-it-was-read',
    why: 'a change decided on an order that is no longer so would be made',
    file: changes,
    edits: [{ find: `ifMatch !== undefined && ifMatch !== etagOf(before)`, replace: `ifMatch === ''` }],
    tests: api,
  },
  {
    guard: 'api-key-known',
    why: 'a repetition would change the order again',
    file: changes,
    edits: [
      {
        find: `if (known !== undefined) {
      sameSubject(known, orderNumber);
      return { resource: before`,
        replace: `if (known !== undefined && key === '') {
      sameSubject(known, orderNumber);
      return { resource: before`,
      },
    ],
    tests: api,
  },
  {
    guard: 'api-reading-key-reads',
    why: 'a key that may only read could change orders',
    file: 'infra/sandbox/adnsf/server.ts',
    edits: [{ find: `!writes && operation.method !== 'get'`, replace: `!writes && !reads` }],
    tests: api,
  },
  {
    guard: 'link-signature',
    why: 'anybody could have the client secret of any order',
    file: 'services/payments/link.ts',
    edits: [{ find: `  if (!genuine) return 'link_wrong';\n`, replace: `` }],
    tests: payments,
  },
  {
    guard: 'link-expires',
    why: 'a link found in an old mail would open the payment for ever',
    file: 'services/payments/link.ts',
    edits: [{ find: `Number(expires) <= check.now`, replace: `Number(expires) < 0` }],
    tests: payments,
  },
  {
    guard: 'offer-of-this-order',
    why: 'a reference that was mistyped would make one customer pay for another',
    file: offer,
    edits: [{ find: `if (intent.orderId !== orderId)`, replace: `if (intent.orderId === '')` }],
    tests: payments,
  },
  {
    guard: 'offer-of-what-is-due',
    why: 'an order changed since would be paid with the wrong amount, and not marked paid',
    file: offer,
    edits: [{ find: `if (due !== amount)`, replace: `if (due < 0n)` }],
    tests: payments,
  },
  {
    guard: 'no-offer-for-closed-orders',
    why: 'a customer would pay an order that was voided',
    file: offer,
    edits: [{ find: `if (!OPEN_STATES.has(state) && !PAID_STATES.has(state))`, replace: `if (state === 'NOWHERE')` }],
    tests: payments,
  },
  {
    guard: 'no-secret-once-settled',
    why: 'a secret would be handed out that nobody needs any more',
    file: offer,
    edits: [{ find: `if (SETTLED.has(status)) return`, replace: `if (status === '') return` }],
    tests: payments,
  },
  {
    guard: 'strangers-use-up-nothing',
    why: 'somebody without a link could lock a customer out of paying',
    file: 'services/payments/server.ts',
    edits: [
      {
        find: `    const { orderId } = request.params;
    const refusal`,
        replace: `    const { orderId } = request.params;
    await orderLimit(request);
    const refusal`,
      },
    ],
    tests: payments,
  },
  {
    guard: 'shop-webhook-signature',
    why: 'anybody could make the reader look at anything',
    file: 'services/webhooks/accept-from-shop.ts',
    edits: [{ find: `if (refusal !== undefined) return`, replace: `if (refusal === 'signature_missing') return` }],
    tests: shopDoor,
  },
  {
    guard: 'shop-webhook-no-cards',
    why: 'card data would be kept for a year',
    file: 'services/webhooks/accept-from-shop.ts',
    edits: [{ find: `if (field !== undefined) return`, replace: `if (field === '') return` }],
    tests: shopDoor,
  },
  {
    guard: 'told-and-not-there',
    why: 'an order that a lagging shop does not show yet would be lost without a word',
    file: 'services/adnsf-executor/reader/stage.ts',
    edits: [
      {
        find: `if (order === undefined)\n    throw`,
        replace: `if (order === undefined) return undefined;\n  if (orderNumber < 0)\n    throw`,
      },
    ],
    tests: reader,
  },
];
