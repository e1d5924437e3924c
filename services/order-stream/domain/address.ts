/**
 * Postal addresses as other systems read them: country by ISO 3166-1 alpha-2, state by ISO 3166-2 where people write it
 * in two ways, postcode in its country's form. What cannot be read stays as it was typed, and its field is named.
 */
import countries from 'i18n-iso-countries';
import english from 'i18n-iso-countries/langs/en.json' with { type: 'json' };
import { iso31662 } from 'iso-3166';
import { postcodeValidator, postcodeValidatorExistsForCountry } from 'postcode-validator';
import { textOrNull } from './shop.ts';

countries.registerLocale(english);

/** Any of an address's parts, by the names that `Address` has. */
export type AddressParts = Readonly<Record<string, unknown>>;

const tidied = (value: unknown): string | null =>
  typeof value === 'string' ? textOrNull(value.replaceAll(/\s+/g, ' ')) : null;

/** `Iran, Islamic Republic of` is `Islamic Republic of Iran`: shops have the lists that sort by the first word. */
const turned = (name: string): string => /^([^,]+), (.+)$/.exec(name)?.slice(1).reverse().join(' ') ?? name;

/** @returns alpha-2, or undefined for what is no English name and no code of a country */
export const countryCode = (written: string): string | undefined => {
  const code = written.toUpperCase();
  if (countries.isValid(code)) return code.length === 2 ? code : countries.toAlpha2(code);
  return countries.getAlpha2Code(written, 'en') ?? countries.getAlpha2Code(turned(written), 'en');
};

/** What people call it in English; the code itself for one that is none. */
export const countryName = (code: string): string => countries.getName(code, 'en') ?? code;

const plain = (name: string): string =>
  name
    .normalize('NFD')
    .replaceAll(/\p{Diacritic}/gu, '')
    .replaceAll('.', '')
    .toLowerCase();

/** Mail of the armed forces, which the postal service counts among states and ISO does not. */
const military = ['AA', 'AE', 'AP'].map((code) => [code.toLowerCase(), code] as const);

/** By country: what is written in lower case, and the code it means. Elsewhere states are written as they like. */
const states: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  ['US', 'CA'].map((country) => {
    const known = iso31662
      .filter(({ code }) => code.startsWith(`${country}-`))
      .flatMap(({ code, name }) => {
        const short = code.slice(3);
        return [plain(name), plain(code), plain(short)].map((written) => [written, short] as const);
      });
    return [country, new Map([...known, ...(country === 'US' ? military : [])])];
  }),
);

/** How a postcode that is written without its mark gets it. */
const forms: Readonly<Record<string, readonly [RegExp, string]>> = {
  US: [/^(\d{5})[ -]?(\d{4})$/, '$1-$2'],
  CA: [/^([A-Z]\d[A-Z])[ -]?(\d[A-Z]\d)$/, '$1 $2'],
  GB: [/^([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})$/, '$1 $2'],
};

/** @returns the postcode in its country's form, or undefined when it is none of that country */
const postcode = (written: string, country: string): string | undefined => {
  const upper = written.toUpperCase();
  const [pattern, form] = forms[country] ?? [];
  const formed = pattern === undefined || form === undefined ? upper : upper.replace(pattern, form);
  if (!postcodeValidatorExistsForCountry(country)) return formed;
  return postcodeValidator(formed, country) ? formed : undefined;
};

/**
 * @returns the same fields; null when nothing is in them. `unrecognised`, where the address has it, names the fields
 * among country, state and zip that stay as they were typed. Normalising twice is normalising once.
 */
export const normalisedAddress = <T extends AddressParts>(address: T): T | null => {
  const { unrecognised: before, ...fields } = address as AddressParts;
  const parts: Record<string, string | null> = Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [field, tidied(value)]),
  );
  if (Object.values(parts).every((part) => part === null)) return null;
  const unrecognised: string[] = [];
  const read = (field: 'country' | 'state' | 'zip', meant: (written: string) => string | undefined): void => {
    const written = parts[field];
    if (written === undefined || written === null) return;
    const code = meant(written);
    if (code === undefined) unrecognised.push(field);
    else parts[field] = code;
  };
  read('country', countryCode);
  const { country } = parts;
  if (country !== undefined && country !== null && !unrecognised.includes('country')) {
    const codes = states.get(country);
    if (codes) read('state', (written) => codes.get(plain(written)));
    read('zip', (written) => postcode(written, country));
  }
  return { ...parts, ...(before !== undefined && { unrecognised }) } as unknown as T;
};
