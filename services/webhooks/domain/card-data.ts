/**
 * Card data never comes with Stripe's events; should it ever, it must not be stored. Only fields that are named like a
 * card's are looked at: bodies are full of other long numbers, one in ten of which passes Luhn's check.
 */

const CARD_NUMBER_FIELDS = new Set([
  'number',
  'cardnumber',
  'cardno',
  'ccnumber',
  'ccnum',
  'pan',
  'primaryaccountnumber',
  'creditcard',
  'creditcardnumber',
]);
const SECURITY_CODE_FIELDS = new Set(['cvc', 'cvv', 'cvv2', 'cvc2', 'securitycode', 'cardcode']);

const passesLuhn = (digits: string): boolean => {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
};

/** 13 to 19 digits, with blanks or hyphens between them or not, that pass Luhn's check. */
export const looksLikeCardNumber = (text: string): boolean => {
  const digits = text.replace(/[\s-]/g, '');
  return /^\d{13,19}$/.test(digits) && passesLuhn(digits);
};

const looksLikeSecurityCode = (text: string): boolean => /^\d{3,4}$/.test(text);

const isCardData = (field: string, value: unknown): boolean => {
  if (typeof value !== 'string' && typeof value !== 'number') return false;
  const name = field.toLowerCase().replace(/[^a-z0-9]/g, '');
  const text = String(value);
  return (
    (CARD_NUMBER_FIELDS.has(name) && looksLikeCardNumber(text)) ||
    (SECURITY_CODE_FIELDS.has(name) && looksLikeSecurityCode(text))
  );
};

/** The name of a field that holds card data, if any does. Bodies nested absurdly deep are walked without recursion. */
export const findCardData = (json: unknown): string | undefined => {
  const pending: unknown[] = [json];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    for (const [field, value] of Object.entries(next)) {
      if (isCardData(field, value)) return field;
      if (typeof value === 'object' && value !== null) pending.push(value);
    }
  }
  return undefined;
};
