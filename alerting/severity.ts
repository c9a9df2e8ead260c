import { SEVERITIES, type Severity } from '../contracts/alert.ts';

/** How grave an attack probability is (Logster reference, section 7); LOW exists where the threshold is lowered. */
export function severityOf(attackProb: number): Severity {
  if (attackProb >= 0.95) return 'CRITICAL';
  if (attackProb >= 0.85) return 'HIGH';
  return attackProb >= 0.7 ? 'MEDIUM' : 'LOW';
}

/** The graver of two. */
export function graver(one: Severity, other: Severity): Severity {
  return SEVERITIES.indexOf(one) >= SEVERITIES.indexOf(other) ? one : other;
}
