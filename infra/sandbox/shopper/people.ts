import { chanceOf } from './chance.ts';

export type Place = Readonly<{
  address1: string;
  address2: string;
  suite: string;
  city: string;
  state: string;
  zip: string;
  country: string;
  /** Sales tax in thousandths of a percent. */
  taxRate: bigint;
}>;

/** Somebody who shops here, once or often. */
export type Person = Readonly<{
  firstName: string;
  lastName: string;
  email: string;
  phone: string;
  /** Has an account. Guests leave a new Customer row at every visit. */
  registered: boolean;
  bill: Place;
  /** The same as `bill` for most. */
  ship: Place;
}>;

const firstNames =
  'Ada Bela Chidi Dana Elif Farid Grete Hana Iris Jonas Kemi Lena Mateo Noor Ola Priya Quinn Rosa Søren Tomás Uma Víctor Wen Yuki Zoë'.split(
    ' ',
  );
const lastNames =
  "Abara Bergström Castillo Dvořák Evans Fischer García Hughes Ito Jensen Kowalski Lindqvist Moreau Nguyen O'Neill Park Quist Rossi Silva Tanaka Usman Varga Weiß Young Zhang".split(
    ' ',
  );
const streets = [
  'Mill Lane',
  'Harbor St',
  'Elm Ave',
  'Quarry Rd',
  'Orchard Way',
  'N 3rd St',
  'Canal Blvd',
  'Foundry Ct',
];
const cities: readonly (readonly [city: string, state: string, zip: string, taxRate: bigint])[] = [
  ['New York', 'NY', '10001', 8_875n],
  ['Portland', 'OR', '97201', 0n],
  ['Austin', 'TX', '78701', 8_250n],
  ['Chicago', 'IL', '60601', 10_250n],
  ['Seattle', 'WA', '98101', 10_350n],
  ['Denver', 'CO', '80202', 8_810n],
  ['Boston', 'MA', '02108', 6_250n],
  ['Wilmington', 'DE', '19801', 0n],
];

const plain = (name: string): string =>
  name
    .normalize('NFD')
    .replaceAll('ø', 'o')
    .replaceAll('ß', 'ss')
    .replaceAll(/[^A-Za-z]/g, '')
    .toLowerCase();

/** The person of a number, the same at every visit. */
export const personOf = (seed: string, number: number): Person => {
  const chance = chanceOf(seed, 'person', number);
  const firstName = chance.pick(firstNames);
  const lastName = chance.pick(lastNames);
  const place = (): Place => {
    const [city, state, zip, taxRate] = chance.pick(cities);
    return {
      address1: `${chance.int(1, 990)} ${chance.pick(streets)}`,
      address2: chance.happens(0.1) ? 'c/o Front desk' : '',
      suite: chance.happens(0.25) ? `Apt ${chance.int(1, 40)}` : '',
      city,
      state,
      zip,
      country: 'United States',
      taxRate,
    };
  };
  const bill = place();
  return {
    firstName,
    lastName,
    email: `${plain(firstName)}.${plain(lastName)}.${number}@example.com`,
    phone: `555-01${String(chance.int(0, 99)).padStart(2, '0')}`,
    registered: chance.happens(0.45),
    bill,
    ship: chance.happens(0.8) ? bill : place(),
  };
};
