/** Stripe's deliveries and the program that takes them: what is not answered 2xx comes again, in any order. */
import { createHmac } from 'node:crypto';
import type { Schemas } from '../../schemas/serde.ts';
import type { KafkaCluster } from '../../services/runtime/ports.ts';
import { accept } from '../../services/webhooks/accept.ts';
import { openKeeper } from '../../services/webhooks/keeper.ts';
import type { Delivery } from './stripe.ts';
import { never, type Process, type World } from './world.ts';

const secret = 'whsec_simulated';
const endpoint = { secrets: [secret], toleranceSeconds: 300, livemode: false };
const firstRetryMs = 1_000;
const retryMaxMs = 3_600_000;

/** Takes a delivery; the answer is an HTTP status. */
export type Receiver = Readonly<{ process: Process; receive: (signature: string, body: Buffer) => Promise<number> }>;

/** What the HTTP server does with a delivery, without HTTP. */
export const webhookReceiver = (world: World, process: Process, cluster: KafkaCluster, schemas: Schemas): Receiver => {
  const keeper = openKeeper({
    cluster,
    topic: schemas.topic('stripeEvents'),
    timeoutMs: 10_000,
    scheduler: world.scheduler(process),
  });
  return {
    process,
    receive: async (signature, body) => {
      if (process.state === 'dead') return never();
      const outcome = accept(endpoint, { signature, body, now: Math.floor(world.now / 1000) });
      if (!outcome.accepted) return 400;
      const kept = keeper.keep({ key: outcome.key, event: outcome.event });
      if (world.without === 'ack-after-produce') {
        kept.catch(() => undefined);
        return 200;
      }
      try {
        await kept;
        return 200;
      } catch {
        return 503;
      }
    },
  };
};

/** Everything Stripe has not been thanked for yet. */
export class Deliveries {
  readonly #world: World;
  readonly #receivers: () => readonly Receiver[];
  #due: Delivery[] = [];
  #delivered: Delivery[] = [];

  constructor(world: World, receivers: () => readonly Receiver[]) {
    this.#world = world;
    this.#receivers = receivers;
  }

  add(delivery: Delivery): void {
    this.#due.push(delivery);
  }

  get waiting(): boolean {
    return this.#due.length > 0;
  }

  /** Something that was answered already comes once more. */
  again(): boolean {
    const delivery = this.#delivered.at(this.#world.chance.below(this.#delivered.length));
    if (delivery === undefined) return false;
    this.#due.push(delivery);
    return true;
  }

  /** Everything that was answered already comes once more. */
  allAgain(): void {
    this.#due.push(...this.#delivered.splice(0));
  }

  /** Delivers any of those that are due. */
  deliver(): void {
    const { chance, faults, now } = this.#world;
    const delivery = this.#due.splice(chance.below(this.#due.length), 1)[0]!;
    const receivers = this.#receivers();
    delivery.attempts++;
    const retry = () => {
      const wait = Math.min(retryMaxMs, firstRetryMs * 2 ** Math.min(delivery.attempts, 12));
      this.#world.timer(undefined, wait, () => this.#due.push(delivery));
    };
    if (receivers.length === 0) {
      this.#world.say(() => `  ${delivery.id}: connection refused`);
      retry();
      return;
    }
    const { process, receive } = chance.pick(receivers);
    this.#world.say(() => `  ${delivery.id} (${delivery.news.type}) to ${process.name}`);
    const seconds = Math.floor(now / 1000);
    const digest = createHmac('sha256', secret).update(`${seconds}.`).update(delivery.body).digest('hex');
    let answered = false;
    const lost = () => {
      if (answered) return;
      answered = true;
      this.#world.say(() => `  ${delivery.id}: no answer`);
      retry();
    };
    process.onDeath.push(lost);
    this.#world.later(process, true, `${delivery.id} arrives`, () => {
      // Stripe does not wait for ever.
      const forget = this.#world.timer(undefined, 20_000, lost);
      void receive(`t=${seconds},v1=${digest}`, delivery.body).then((status) => {
        forget();
        if (answered) return;
        if (status === 200 && faults.strikes('webhook-answer-lost')) {
          lost();
          return;
        }
        answered = true;
        this.#world.say(() => `  ${delivery.id}: ${status}`);
        if (status === 200) this.#delivered.push(delivery);
        else retry();
      });
    });
  }
}
