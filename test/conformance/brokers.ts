/** The real brokers of this run: `host:port,…`, or undefined when there are none. */
export const testBrokers: readonly string[] | undefined = process.env['MILLRACE_TEST_BROKERS']
  ?.split(',')
  .filter((broker) => broker !== '');
