/** A machine that a capture's manifest lists without a part in the attack, and what its events show instead. */
export interface Correction {
  readonly capture: string;
  readonly host: string;
  readonly because: string;
}

/**
 * Machines whose "took no part" is wrong. Their windows become unknown: neither trained on nor judged. Each was
 * found by reading the events, never by a score alone.
 */
export const CORRECTIONS: readonly Correction[] = [
  {
    capture: 'win-otrf-empire_wmic_add_user',
    host: 'IT001.shire.com',
    because:
      'the marked command (wmic /node:IT001 process call create) runs here: wmiprvse starts net user /add',
  },
  {
    capture: 'win-otrf-empire_wmic_add_user_backdoor',
    host: 'WORKSTATION6.theshire.local',
    because:
      'the marked command (wmic /node:WORKSTATION6 process call create) runs here: net user /add backdoor',
  },
];

/** Whether a machine of a capture is corrected to have had a part in the attack. */
export function isCorrected(capture: string, host: string): boolean {
  return CORRECTIONS.some((one) => one.capture === capture && one.host.toLowerCase() === host.toLowerCase());
}
