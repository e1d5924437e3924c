import { describe, expect, it } from 'vitest';
import { paymentLink } from '../../../services/cli/payment-link.ts';
import { refuseLink } from '../../../services/payments/link.ts';

const NOW = 1_780_000_000_000;
const config = {
  MILLRACE_PAYMENTS_URL: 'https://pay.example.com/shop',
  MILLRACE_PAYMENT_LINK_SECRETS: ['new-secret-of-links', 'old-secret-of-links'],
};
const made = (orderId = '100007') => new URL(paymentLink(config, orderId, { hours: 24, now: NOW }));

describe('millrace payment-link', () => {
  it('makes a link below the configured address that the endpoint takes for a day', () => {
    const url = made();
    expect(url.href).toMatch(
      /^https:\/\/pay\.example\.com\/shop\/pay\/100007\?expires=1780086400&signature=[\w-]{43}$/,
    );
    const link = {
      orderId: '100007',
      expires: url.searchParams.get('expires')!,
      signature: url.searchParams.get('signature')!,
    };
    const secrets = ['new-secret-of-links'];
    expect(refuseLink(link, { secrets, now: NOW / 1_000 + 86_399 })).toBeUndefined();
    expect(refuseLink(link, { secrets, now: NOW / 1_000 + 86_400 })).toBe('link_expired');
    expect(refuseLink(link, { secrets: ['old-secret-of-links'], now: NOW / 1_000 })).toBe('link_wrong');
  });

  it('says what it lacks', () => {
    expect(() => paymentLink({ ...config, MILLRACE_PAYMENTS_URL: undefined }, '1', { hours: 1, now: NOW })).toThrow(
      /MILLRACE_PAYMENTS_URL/,
    );
    expect(() =>
      paymentLink({ ...config, MILLRACE_PAYMENT_LINK_SECRETS: undefined }, '1', { hours: 1, now: NOW }),
    ).toThrow(/LINK_SECRETS/);
    expect(() => made('../x')).toThrow(/no order number/);
  });
});
