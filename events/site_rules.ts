import { Exclusions } from "./exclusions.ts";
import { PathRules, type PathSettings } from "./path_rules.ts";
import { isSecretName, type SecretName, secretNames } from "./redact.ts";

/** What a site's owner has set about its events. */
export interface SiteSettings extends PathSettings {
  redactNames: readonly string[];
  excludePaths: readonly string[];
  excludeNetworks: readonly string[];
}

/** The settings as the collector applies them. */
export interface SiteRules {
  isSecretName: SecretName;
  /** Undefined where nothing is excluded. */
  exclusions: Exclusions | undefined;
  /** Undefined where paths stay as they are. */
  pathRules: PathRules | undefined;
}

const NONE: SiteRules = { isSecretName, exclusions: undefined, pathRules: undefined };

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

function makeRules(site: SiteSettings): SiteRules {
  const { redactNames, excludePaths, excludeNetworks } = site;
  const excludes = excludePaths.length + excludeNetworks.length > 0;
  const pathRules = new PathRules(site);
  return {
    isSecretName: secretNames(redactNames),
    exclusions: excludes ? new Exclusions(excludePaths, excludeNetworks, pathRules) : undefined,
    pathRules: pathRules.areDefault ? undefined : pathRules,
  };
}
