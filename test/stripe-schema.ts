/**
 * Asks Stripe's own schema about every shape of request that the sandbox took while the tests ran: what the sandbox lets
 * pass, Stripe must let pass too. Ends with 1 when it refuses one.
 *
 *     node test/stripe-schema.ts <directory with what STRIPE_REQUESTS_DIR collected>
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RecordedRequest, shapeOf } from '../infra/sandbox/stripe/request-log.ts';
import { refusedBySchema } from '../infra/sandbox/stripe/schema-check.ts';
import { locateStripeMock, startStripeMock } from '../infra/sandbox/stripe/stripe-mock.ts';

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('name the directory that STRIPE_REQUESTS_DIR was');

const byShape = new Map<string, RecordedRequest>();
for (const name of readdirSync(directory))
  for (const line of readFileSync(join(directory, name), 'utf8').split('\n'))
    if (line !== '') {
      const request = JSON.parse(line) as RecordedRequest;
      byShape.set(shapeOf(request), request);
    }
if (byShape.size === 0) throw new Error(`no request was collected in ${directory}`);

const located = locateStripeMock();
if ('missing' in located) {
  console.log(`skipped, no stripe-mock: ${located.missing}`);
} else {
  const mock = await startStripeMock(located.path);
  try {
    const refusals = await refusedBySchema(mock.url, [...byShape.values()]);
    for (const { request, status, message } of refusals)
      console.log(
        `refused with ${status}: ${request.method} ${request.path}?${request.query} ${request.body}\n  ${message}`,
      );
    console.log(`${byShape.size} shapes of requests, ${refusals.length} refused by Stripe's schema`);
    process.exitCode = refusals.length === 0 ? 0 : 1;
  } finally {
    await mock.close();
  }
}
