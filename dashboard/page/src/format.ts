/** A probability with two decimals; never rounded up to a threshold it does not reach. */
export function probabilityText(value: number | null): string {
  return value === null ? '–' : (Math.floor(value * 100 + 1e-9) / 100).toFixed(2);
}

/** A signed contribution in log-odds: +0.41, −1.20. */
export function contributionText(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}

/** A count with groups of three; from 100,000 on shortened. */
export function countText(value: number): string {
  return value < 100_000
    ? value.toLocaleString('en-US')
    : Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 }).format(value);
}

/** A figure with as many decimals as are worth reading. */
export function figureText(value: number | null): string {
  if (value === null) return '–';
  return value >= 100 ? countText(Math.round(value)) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const pad = (value: number, width = 2) => String(value).padStart(width, '0');

/** Date and time of the reader's zone: 2026-03-04 15:09:26. */
export function timeText(epochSeconds: number): string {
  const at = new Date(epochSeconds * 1000);
  const date = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return `${date} ${clockText(epochSeconds)}`;
}

/** Time of day: 15:09:26. */
export function clockText(epochSeconds: number): string {
  const at = new Date(epochSeconds * 1000);
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}

/** Time of day with milliseconds, for the sequence of events. */
export function preciseClockText(epochSeconds: number): string {
  return `${clockText(epochSeconds)}.${pad(Math.floor((epochSeconds * 1000) % 1000), 3)}`;
}

/** How long ago, roughly: "3 min ago". */
export function agoText(epochSeconds: number, nowSeconds = Date.now() / 1000): string {
  const ago = nowSeconds - epochSeconds;
  if (ago < 45) return 'just now';
  const steps: readonly (readonly [number, string])[] = [
    [60, 'min'],
    [3600, 'h'],
    [86_400, 'd'],
    [31_557_600, 'y'],
  ];
  const [unit, name] = steps.filter(([seconds]) => ago >= seconds).at(-1) ?? [60, 'min'];
  return `${Math.max(1, Math.round(ago / unit))} ${name} ago`;
}

/** "1 host", "2 hosts". */
export function plural(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** The last part of a Windows or Unix path. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** Where a probability lies: below an attack, an attack without alert, an alert. */
export function levelOf(
  probability: number,
  session: { readonly attack_probability: number; readonly alert_threshold: number },
): 'benign' | 'attack' | 'alert' {
  if (probability >= session.alert_threshold) return 'alert';
  return probability >= session.attack_probability ? 'attack' : 'benign';
}

/** A share as percent, with a decimal where it is small: 3.2 %, 41 %. */
export function shareText(share: number): string {
  return `${(100 * share).toLocaleString('en-US', { maximumFractionDigits: share < 0.1 ? 1 : 0 })} %`;
}
