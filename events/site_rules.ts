import { Exclusions } from "./exclusions.ts";
import { isSecretName, type SecretName, secretNames } from "./redact.ts";

/** What a site's owner has set about its events. */
export interface SiteSettings {
  redactNames: readonly string[];
  excludePaths: readonly string[];
  excludeNetworks: readonly string[];
}

/** The settings as the collector applies them. */
export interface SiteRules {
  isSecretName: SecretName;
  /** Undefined where nothing is excluded. */
  exclusions: Exclusions | undefined;
}

const NONE: SiteRules = { isSecretName, exclusions: undefined };

// A site is a new object whenever its settings were read anew.
const known = new WeakMap<SiteSettings, SiteRules>();

/** The rules of a site; of one that was never added, none. */
export function rulesOf(site: SiteSettings | undefined): SiteRules {
  if (site === undefined) return NONE;
  let rules = known.get(site);
  if (rules === undefined) {
    rules = makeRules(site);
    known.set(site, rules);
  }
  return rules;
}

function makeRules({ redactNames, excludePaths, excludeNetworks }: SiteSettings): SiteRules {
  const excludes = excludePaths.length + excludeNetworks.length > 0;
  return {
    isSecretName: secretNames(redactNames),
    exclusions: excludes ? new Exclusions(excludePaths, excludeNetworks) : undefined,
  };
}
