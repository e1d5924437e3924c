/** ADNSF keeps the local time of its server, without a zone. */

const formatters = new Map<string, Intl.DateTimeFormat>();

const formatterOf = (timeZone: string): Intl.DateTimeFormat => {
  const known = formatters.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  formatters.set(timeZone, made);
  return made;
};

/** What clocks of the zone show at an instant (epoch milliseconds), such as `2026-11-23 18:40:31`. */
export const wallClockText = (instant: bigint, timeZone: string): string =>
  formatterOf(timeZone).format(new Date(Number(instant)));

/** The same as epoch milliseconds, as if the zone were UTC: drivers that write UTC then write the local time. */
export const wallClock = (instant: bigint, timeZone: string): number => {
  const milliseconds = Number(((instant % 1000n) + 1000n) % 1000n);
  return Date.parse(`${wallClockText(instant, timeZone).replace(' ', 'T')}Z`) + milliseconds;
};
