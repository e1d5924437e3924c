/** Logs as JSON lines, without secrets. */
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Shapes of what Stripe calls secret: API keys, webhook secrets, and client secrets of intents. */
const SECRET_SHAPES = /\b(?:sk|rk)_(?:live|test)_\w+|\bwhsec_\w+|(?<=\b(?:pi|seti|cs)_\w+_secret_)\w+/g;
const SECRET_FIELDS = ['client_secret', 'clientSecret', 'secret', 'password', 'authorization', 'apiKey', 'secretKey'];
const REDACTED = '[redacted]';

/**
 * Takes secrets out of text, by shape and by value. `values` are those of this process; short ones are left alone,
 * because they would tear up ordinary words.
 */
export const scrubber = (values: readonly string[]): ((text: string) => string) => {
  const known = [...new Set(values)]
    .filter((value) => value.length >= 8)
    .sort((left, right) => right.length - left.length);
  return (text) => {
    let scrubbed = text.replace(SECRET_SHAPES, REDACTED);
    for (const value of known) {
      // As it looks inside JSON, where quotes and backslashes are escaped.
      scrubbed = scrubbed.replaceAll(JSON.stringify(value).slice(1, -1), REDACTED);
    }
    return scrubbed;
  };
};

/** A logger whose every line went through the scrubber, whatever was logged and however deep it lay. */
export const openLogger = (
  options: Readonly<{
    service: string;
    level: string;
    secrets?: readonly string[];
    write?: (line: string) => unknown;
  }>,
): Logger => {
  const scrub = scrubber(options.secrets ?? []);
  const write = options.write ?? ((line: string) => process.stdout.write(line));
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: REDACTED },
    },
    { write: (line: string) => write(scrub(line)) },
  );
};
