/** Calendar arithmetic on ticks of 100 ns since 0001-01-01T00:00. */

export const TICKS_PER_MS = 10_000n;
export const TICKS_PER_DAY = 864_000_000_000n;
const EPOCH_1970 = 719_162n * TICKS_PER_DAY;
export const EPOCH_1900 = 693_595n * TICKS_PER_DAY;

export const ticksFromUnixMs = (ms: number): bigint => BigInt(Math.trunc(ms)) * TICKS_PER_MS + EPOCH_1970;
export const unixMsFromTicks = (ticks: bigint): number => Number((ticks - EPOCH_1970) / TICKS_PER_MS);

/** Minutes the server's zone is ahead of UTC at an instant. */
export const zoneOffset = (at: Date): number => -at.getTimezoneOffset();

/** Wall-clock ticks of the server, as GETDATE() sees time before rounding. */
export function localTicks(at: Date): bigint {
  return ticksFromUnixMs(at.getTime()) + BigInt(zoneOffset(at)) * 60_000n * TICKS_PER_MS;
}

/** datetime keeps 1/300 s: its values end in .000, .003 or .007. */
export function roundToDatetime(ticks: bigint): bigint {
  const day = ticks / TICKS_PER_DAY;
  return day * TICKS_PER_DAY + ticksOfThreeHundredths(threeHundredths(ticks));
}

/** The 1/300 s units since midnight, as they go over the wire. */
export function threeHundredths(ticks: bigint): number {
  return Math.round((Number(ticks % TICKS_PER_DAY) * 3) / 100_000);
}

export const ticksOfThreeHundredths = (units: number): bigint => BigInt(Math.round((units * 10) / 3)) * TICKS_PER_MS;

export const roundToScale = (ticks: bigint, scale: number): bigint => {
  const unit = 10n ** BigInt(7 - scale);
  return ((ticks + unit / 2n) / unit) * unit;
};

export const roundToMinute = (ticks: bigint): bigint => {
  const minute = 600_000_000n;
  return ((ticks + minute / 2n) / minute) * minute;
};

export interface Calendar {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** 100 ns units below the second */
  fraction: number;
  weekday: number;
}

export function calendar(ticks: bigint): Calendar {
  const date = new Date(unixMsFromTicks(ticks - (ticks % TICKS_PER_MS)));
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    fraction: Number(ticks % 10_000_000n),
    weekday: date.getUTCDay() + 1,
  };
}

export function ticksOf(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): bigint {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, 0);
  return ticksFromUnixMs(date.getTime());
}

const pad = (n: number, width = 2): string => String(n).padStart(width, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function formatDate(ticks: bigint): string {
  const c = calendar(ticks);
  return `${pad(c.year, 4)}-${pad(c.month)}-${pad(c.day)}`;
}

export function formatTime(ticks: bigint, scale: number): string {
  const c = calendar(ticks);
  const fraction = scale > 0 ? `.${pad(c.fraction, 7).slice(0, scale)}` : '';
  return `${pad(c.hour)}:${pad(c.minute)}:${pad(c.second)}${fraction}`;
}

export function formatOffset(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

/** CONVERT styles that programs use: 0/100, 8/108, 23, 112, 120/20, 121/21, 126. */
export function formatStyle(ticks: bigint, style: number, scale: number): string | undefined {
  const c = calendar(ticks);
  switch (style) {
    case 0:
    case 100: {
      const hour = c.hour % 12 === 0 ? 12 : c.hour % 12;
      const half = c.hour < 12 ? 'AM' : 'PM';
      const clock = `${String(hour).padStart(2, ' ')}:${pad(c.minute)}${half}`;
      return `${MONTHS[c.month - 1]!} ${String(c.day).padStart(2, ' ')} ${pad(c.year, 4)} ${clock}`;
    }
    case 8:
    case 108:
      return formatTime(ticks, 0);
    case 23:
      return formatDate(ticks);
    case 112:
      return formatDate(ticks).replaceAll('-', '');
    case 20:
    case 120:
      return `${formatDate(ticks)} ${formatTime(ticks, 0)}`;
    case 21:
    case 25:
    case 121:
      return `${formatDate(ticks)} ${formatTime(ticks, scale)}`;
    case 126:
    case 127: {
      const fraction = c.fraction === 0 ? 0 : scale;
      return `${formatDate(ticks)}T${formatTime(ticks, fraction)}`;
    }
    default:
      return undefined;
  }
}

const ISO =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(AM|PM)?)?\s*(Z|[+-]\d{2}:\d{2})?$/i;
const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?\s*(AM|PM)?$/i;
const US = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?\s*(AM|PM)?)?$/i;
const NAMED = /^([A-Za-z]{3})[a-z]*\s+(\d{1,2}),?\s+(\d{4})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(AM|PM)?)?$/i;

function clockTicks(h = '0', m = '0', s = '0', fraction = '', half?: string): bigint | undefined {
  let hour = Number(h);
  if (half) hour = (hour % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
  if (hour > 23 || Number(m) > 59 || Number(s) > 59) return undefined;
  const base = BigInt(hour * 3600 + Number(m) * 60 + Number(s)) * 10_000_000n;
  return base + BigInt(fraction.slice(0, 7).padEnd(7, '0'));
}

function dateTicks(y: number, m: number, d: number): bigint | undefined {
  if (m < 1 || m > 12 || d < 1 || y < 1) return undefined;
  const ticks = ticksOf(y, m, d);
  const back = calendar(ticks);
  return back.month === m && back.day === d ? ticks : undefined;
}

/** Reads a date, time or both. The ticks are wall-clock; `offset` is set when the text names a zone. */
export function parseDateTime(text: string): { ticks: bigint; offset?: number } | undefined {
  const source = text.trim();
  if (source === '') return { ticks: EPOCH_1900 };
  let match = ISO.exec(source);
  if (match) {
    const date = dateTicks(Number(match[1]), Number(match[2]), Number(match[3]));
    const clock = clockTicks(match[4], match[5], match[6], match[7], match[8]);
    if (date === undefined || clock === undefined) return undefined;
    const zone = match[9];
    if (!zone) return { ticks: date + clock };
    const sign = zone.startsWith('-') ? -1 : 1;
    const offset = zone.toUpperCase() === 'Z' ? 0 : sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6)));
    return { ticks: date + clock, offset };
  }
  match = CLOCK.exec(source);
  if (match) {
    const clock = clockTicks(match[1], match[2], match[3], match[4], match[5]);
    return clock === undefined ? undefined : { ticks: EPOCH_1900 + clock };
  }
  match = US.exec(source);
  if (match) {
    const date = dateTicks(Number(match[3]), Number(match[1]), Number(match[2]));
    const clock = clockTicks(match[4], match[5], match[6], match[7], match[8]);
    return date === undefined || clock === undefined ? undefined : { ticks: date + clock };
  }
  match = NAMED.exec(source);
  if (!match) return undefined;
  const month = MONTHS.findIndex((name) => name.toLowerCase() === match[1]!.toLowerCase()) + 1;
  const date = dateTicks(Number(match[3]), month, Number(match[2]));
  const clock = clockTicks(match[4], match[5], match[6], '', match[7]);
  return date === undefined || clock === undefined ? undefined : { ticks: date + clock };
}
