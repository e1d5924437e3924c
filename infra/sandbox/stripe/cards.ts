/** Why a bank says no. */
export interface Decline {
  code: string;
  declineCode: string;
  message: string;
}

/** How a test payment method behaves. */
export interface TestMethod {
  type: 'card' | 'us_bank_account';
  brand: string;
  last4: string;
  /** Declined whenever it is charged. */
  decline?: Decline;
  /** Asks for 3-D Secure; declined when the customer is not there. */
  authentication?: true;
  /** Refunds succeed at first and fail later. */
  failsRefunds?: true;
  /** A dispute is opened after the charge. */
  disputed?: true;
}

const declined = (declineCode: string, message: string, code = 'card_declined'): Decline => ({
  code,
  declineCode,
  message,
});

const visa = (last4: string, behaviour: Partial<TestMethod> = {}): TestMethod => ({
  type: 'card',
  brand: 'visa',
  last4,
  ...behaviour,
});

const generic = visa('0002', { decline: declined('generic_decline', 'Your card was declined.') });
const disputed = visa('0259', { disputed: true });

/** Test payment methods by their token, as Stripe names them. */
const methods: Readonly<Record<string, TestMethod>> = {
  pm_card_visa: visa('4242'),
  pm_card_visa_debit: visa('5556'),
  pm_card_mastercard: { type: 'card', brand: 'mastercard', last4: '4444' },
  pm_card_amex: { type: 'card', brand: 'amex', last4: '8431' },
  pm_card_chargeDeclined: generic,
  pm_card_visa_chargeDeclined: generic,
  pm_card_visa_chargeDeclinedInsufficientFunds: visa('9995', {
    decline: declined('insufficient_funds', 'Your card has insufficient funds.'),
  }),
  pm_card_visa_chargeDeclinedLostCard: visa('9987', {
    decline: declined('lost_card', 'Your card was declined.'),
  }),
  pm_card_visa_chargeDeclinedStolenCard: visa('9979', {
    decline: declined('stolen_card', 'Your card was declined.'),
  }),
  pm_card_chargeDeclinedExpiredCard: visa('0069', {
    decline: declined('expired_card', 'Your card has expired.', 'expired_card'),
  }),
  pm_card_chargeDeclinedIncorrectCvc: visa('0127', {
    decline: declined('incorrect_cvc', "Your card's security code is incorrect.", 'incorrect_cvc'),
  }),
  pm_card_chargeDeclinedProcessingError: visa('0119', {
    decline: declined('processing_error', 'An error occurred while processing the card.', 'processing_error'),
  }),
  pm_card_chargeDeclinedFraudulent: visa('0019', { decline: declined('fraudulent', 'Your card was declined.') }),
  pm_card_threeDSecure2Required: visa('3220', { authentication: true }),
  pm_card_authenticationRequired: visa('3184', { authentication: true }),
  pm_card_refundFail: visa('5126', { failsRefunds: true }),
  pm_card_createDispute: disputed,
  pm_usBankAccount_success: { type: 'us_bank_account', brand: '', last4: '6789' },
  pm_usBankAccount_insufficientFunds: {
    type: 'us_bank_account',
    brand: '',
    last4: '2222',
    decline: declined(
      'insufficient_funds',
      'The customer account has insufficient funds.',
      'payment_method_provider_decline',
    ),
  },
};

/** How a token such as `pm_card_visa` or `tok_visa` behaves; undefined for a name that is no test token. */
export const testMethod = (token: string): TestMethod | undefined =>
  methods[token.startsWith('tok_') ? `pm_card_${token.slice('tok_'.length)}` : token];

/** How the test method with these last four digits behaves. @throws Error when there is none. */
export const testMethodEnding = (type: string, last4: string): TestMethod => {
  const found = Object.values(methods).find((method) => method.type === type && method.last4 === last4);
  if (found === undefined) throw new Error(`no test ${type} ends in ${last4}`);
  return found;
};
