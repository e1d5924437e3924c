/**
 * Exchange rates as Stripe says them, to be read by people: what money came to is said in amounts, and nothing is ever
 * calculated from a rate.
 */

/** Such as `0.006688`: the digits that were written, without an exponent. Null for what is no rate. */
export const rateText = (value: unknown): string | null => {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return null;
  const [mantissa = '', exponent] = String(value).split('e');
  if (exponent === undefined) return mantissa;
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  return point >= digits.length ? digits.padEnd(point, '0') : `${digits.slice(0, point)}.${digits.slice(point)}`;
};
