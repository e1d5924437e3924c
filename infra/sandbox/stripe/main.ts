/** Starts the Stripe simulator from environment variables and says on stdout when it listens. SIGTERM stops it. */
import { optionsFrom } from './options.ts';
import { startStripe } from './server.ts';

const stripe = await startStripe(optionsFrom(process.env));
process.stdout.write(`${JSON.stringify({ ready: true, port: stripe.port })}\n`);

const stop = (): void => {
  stripe.close().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
