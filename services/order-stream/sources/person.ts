/** Who a person is, as a key of topics and stores that does not say it: their e-mail address is not in it. */
import { createHash } from 'node:crypto';
import { customerKeyOf } from '../domain/shop.ts';

/** `customer:` and the first 32 hexadecimal digits of the SHA-256 of the customer key. */
export const personOf = (email: string): string =>
  `customer:${createHash('sha256').update(customerKeyOf(email)).digest('hex').slice(0, 32)}`;
