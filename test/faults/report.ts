/** What is shown: a line per fault, and the totals. Pure. */
import type { Finding, FindingKind } from '../../services/cli/verify/judge.ts';

export type FaultReport = Readonly<{
  name: string;
  what: string;
  injected: number;
  /** Orders that were under way at the injections. */
  inFlight: number;
  findings: readonly Finding[];
  /** Milliseconds, one per injection that was recovered from. */
  recoveries: readonly number[];
  /** What went wrong with the injection or the recovery themselves. */
  failures: readonly string[];
  /** Services that ended by themselves and were started again. */
  ended: readonly string[];
}>;

export type RunReport = Readonly<{
  seed: string;
  faults: readonly FaultReport[];
  /** Found at rest, at the end. */
  atRest: readonly Finding[];
  /** Shoppers who did not get what they came for. */
  gaveUp: readonly string[];
  notInjected: readonly string[];
  kills: number;
  orders: number;
  seconds: number;
}>;

const counted = ['lost', 'doubled', 'reordered', 'mismatched'] as const;
const others: readonly FindingKind[] = ['dead-letter', 'unrouted'];

const countOf = (findings: readonly Finding[], kind: FindingKind): number =>
  findings.filter((finding) => finding.kind === kind).length;

export const medianOf = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const findingsText = (findings: readonly Finding[]): string =>
  [
    ...counted.map((kind) => `${kind} ${countOf(findings, kind)}`),
    ...others.flatMap((kind) => (countOf(findings, kind) > 0 ? [`${kind} ${countOf(findings, kind)}`] : [])),
  ].join(', ');

/** `injected n times, orders in flight, lost 0, …, time to recover`, and below it whatever is wrong. */
export const faultLine = (report: FaultReport): string => {
  const { what, injected, inFlight, findings, recoveries, failures, ended } = report;
  const felt =
    recoveries.length === 0
      ? 'not recovered from'
      : `time to recover ${seconds(medianOf(recoveries))} (worst ${seconds(Math.max(...recoveries))})`;
  const bad = findings.length > 0 || failures.length > 0 || recoveries.length < injected;
  return [
    `${bad ? 'FAILED' : 'ok    '} ${what}: injected ${injected} ${injected === 1 ? 'time' : 'times'}, ${inFlight} orders in flight, ${findingsText(findings)}, ${felt}`,
    ...(ended.length > 0 ? [`         ended by themselves and came back: ${ended.join(', ')}`] : []),
    ...failures.map((failure) => `         ${failure}`),
    ...findings.slice(0, 20).map(({ kind, orderId, message }) => `         ${kind} ${orderId ?? ''} ${message}`),
  ].join('\n');
};

export const totalsText = (report: RunReport): string => {
  const { faults, atRest, gaveUp, notInjected, kills, orders } = report;
  const injected = faults.reduce((sum, fault) => sum + fault.injected, 0);
  return [
    `at rest: ${findingsText(atRest)}`,
    ...atRest.slice(0, 40).map(({ kind, orderId, message }) => `         ${kind} ${orderId ?? ''} ${message}`),
    ...gaveUp.map((who) => `a shopper gave up: ${who}`),
    ...notInjected.map((name) => `never injected: ${name}`),
    `${injected} injections of ${faults.length} faults, ${kills} kills, ${orders} orders, ${report.seconds.toFixed(0)} s, seed ${report.seed}`,
  ].join('\n');
};

export const isGood = ({ faults, atRest, gaveUp, notInjected, orders }: RunReport): boolean =>
  orders > 0 &&
  atRest.length === 0 &&
  gaveUp.length === 0 &&
  notInjected.length === 0 &&
  faults.every(
    ({ injected, recoveries, findings, failures }) =>
      injected > 0 && recoveries.length === injected && findings.length === 0 && failures.length === 0,
  );
