import { domainToASCII } from "node:url";

/**
 * A URL with its host as browsers send it, `https://xn--mnchen-3ya.example/` for `https://münchen.example/`, so that one host has
 * one spelling whoever sends it. Any other text as it is.
 */
export function withAsciiHost(url: string): string {
  // Browsers have done it already, so the common case is one look. A host longer than one may be is left as it is: to encode it would
  // take long.
  // deno-lint-ignore no-control-regex
  if (!/^[^/]*:\/\/[^/?#]*[^\x00-\x7f]/.test(url)) return url;
  return url.replace(
    /^([a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?)([^/?#:@]{1,253})(?=[/?#:]|$)/i,
    (whole, before, host) => {
      const ascii = domainToASCII(host);
      return ascii === "" ? whole : before + ascii;
    },
  );
}
