import { HeddleError } from '@heddle/contracts';
import type { PlannedVersion } from '@heddle/store';

export function nameOf({ model, number }: PlannedVersion): string {
  return `${model}@${number}`;
}

/** Those that are named, `model` or `model@number`; all of them when none is. Throws `not-found`. */
export function chooseVersions(versions: PlannedVersion[], names: string[]): PlannedVersion[] {
  if (names.length === 0) return versions;
  const isNamed = (version: PlannedVersion, name: string) =>
    name === version.model || name === nameOf(version);
  for (const name of names) {
    if (!versions.some((version) => isNamed(version, name))) {
      throw new HeddleError('not-found', `There is no model or version "${name}" that can be served.`);
    }
  }
  return versions.filter((version) => names.some((name) => isNamed(version, name)));
}
