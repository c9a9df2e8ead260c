import type { ModelVersion, Registry } from '../../ports/registry/registry.ts';
import { BLESS_FILES, type BlessVerdict, decodeBlessVerdict, judgedVersion } from './bless-report.ts';

/** Whether a version may be promoted as far as the gate is concerned, and if not, why. */
export type Blessing =
  | { readonly ok: true; readonly verdict: BlessVerdict }
  | { readonly ok: false; readonly problem: string; readonly reasons: readonly string[] };

/** What the gate said of exactly this version against exactly this champion. */
export async function blessingOf(
  registry: Registry,
  version: ModelVersion,
  champion: ModelVersion | undefined,
): Promise<Blessing> {
  const id = `${version.name}@${version.version}`;
  const no = (problem: string, reasons: readonly string[] = []): Blessing => ({
    ok: false,
    problem,
    reasons,
  });
  const bytes = await registry.attached(version.name, version.version, BLESS_FILES.json);
  if (!bytes) return no(`${id} was never judged; \`logster models bless ${id}\` judges it`);
  const verdict = decodeBlessVerdict(bytes, `${BLESS_FILES.json} of ${id}`);
  const own = judgedVersion(version);
  if (verdict.challenger.version !== own.version || verdict.challenger.digest !== own.digest)
    return no(
      `The report of ${id} is of another version or of other files; \`logster models bless ${id}\` judges this one`,
    );
  if (champion && verdict.champion.digest !== judgedVersion(champion).digest)
    return no(
      `${id} was judged against version ${verdict.champion.version}, and ${champion.version} is the champion now; ` +
        `\`logster models bless ${id}\` judges it again`,
    );
  if (verdict.passed) return { ok: true, verdict };
  return no(
    `The gate refused ${id}`,
    verdict.reasons.map((one) => one.text),
  );
}
