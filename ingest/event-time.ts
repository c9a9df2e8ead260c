/** Before 1990 lie the zero dates of Windows (1601), .NET (0001) and Unix (1970): they mean "none". */
const EARLIEST = Date.UTC(1990, 0, 1) / 1000;
const LATEST = Date.UTC(2100, 0, 1) / 1000;

/** Above this a number counts milliseconds: as seconds it would lie after the year 5000. */
const SECONDS_BELOW = 1e11;

/** No written time is longer; what is longer is not looked at. */
const LONGEST = 64;

/**
 * Epoch seconds of a time as sensors write it: ISO 8601 with up to nine fraction digits, with a blank or a `T`,
 * with or without a zone (none counts as UTC); `M/D/YYYY h:mm:ss AM`; `/Date(ms)/`; a number of seconds or
 * milliseconds. Undefined for anything else, and for zero dates.
 */
export function readTime(value: unknown): number | undefined {
  if (typeof value === 'number') return plausible(value < SECONDS_BELOW ? value : value / 1000);
  if (typeof value !== 'string' || value.length < 8 || value.length > LONGEST) return undefined;
  return plausible(isoSeconds(value) ?? spelledSeconds(value));
}

function plausible(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds >= EARLIEST && seconds < LATEST ? seconds : undefined;
}

/** Read digit by digit: every event passes here, and a pattern costs several times as much. */
function isoSeconds(text: string): number | undefined {
  if (text.length < 19 || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return undefined;
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return undefined;
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const whole = Date.UTC(digits(text, 0, 4), month - 1, day, hour, digits(text, 14, 2), digits(text, 17, 2));
  if (Number.isNaN(whole) || month > 12 || day > 31 || hour > 24) return undefined;
  let end = 19;
  let fraction = 0;
  if (text.charCodeAt(19) === 46 || text.charCodeAt(19) === 44) {
    end = 20;
    while (isDigit(text.charCodeAt(end))) end++;
    const places = Math.min(end - 20, 9);
    if (places > 0) fraction = digits(text, 20, places) / 10 ** places;
  }
  const zone = zoneSeconds(text.slice(end));
  return zone === undefined ? undefined : whole / 1000 + fraction - zone;
}

function zoneSeconds(zone: string): number | undefined {
  if (zone === 'Z' || zone === '' || zone === 'z') return 0;
  const match = /^ ?([+-])(\d\d):?(\d\d)$/.exec(zone);
  if (match) return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 3600 + Number(match[3]) * 60);
  return / ?(UTC|GMT)$/.test(zone) ? 0 : undefined;
}

function spelledSeconds(text: string): number | undefined {
  const ticks = /^\/Date\((\d{12,14})(?:[+-]\d{4})?\)\/$/.exec(text);
  if (ticks) return Number(ticks[1]) / 1000;
  const spelled = /^(\d{1,2})\/(\d{1,2})\/(\d{4}),? (\d{1,2}):(\d\d):(\d\d)(\.\d{1,9})?(?: ([AP])M)?$/i.exec(
    text,
  );
  if (!spelled) return undefined;
  const [, month, day, year, hour, minute, second, fraction, half] = spelled;
  const ofDay = half === undefined ? Number(hour) : (Number(hour) % 12) + (/p/i.test(half) ? 12 : 0);
  const whole = Date.UTC(Number(year), Number(month) - 1, Number(day), ofDay, Number(minute), Number(second));
  return whole / 1000 + Number(fraction ?? 0);
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** The number written in `count` digits, or NaN. */
function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at++) {
    const code = text.charCodeAt(at);
    if (!isDigit(code)) return Number.NaN;
    value = value * 10 + code - 48;
  }
  return value;
}
