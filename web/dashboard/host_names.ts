import { domainToASCII, domainToUnicode } from "node:url";

// A label is shown in Unicode if its letters are of one of these kinds. Two scripts in one label, and scripts that are not listed,
// are left in their `xn--` form: `раypal` with a Cyrillic р and а would pass for another name. The rule is a strict form of the
// one for IDN that browsers follow (Unicode Technical Standard 39, "Single Script").
const ONE_SCRIPT = [
  // Latin of the languages of Europe and Vietnam, without letters that look like others (ı, ĸ, ŀ, ŉ, ſ).
  /^[a-z\u00df-\u00f6\u00f8-\u0130\u0132-\u0137\u0139-\u013e\u0141-\u0148\u014a-\u017e\u01a1\u01b0\u0219\u021b\u1e01-\u1ef9]+$/,
  /^\p{Script=Cyrillic}+$/u,
  /^\p{Script=Greek}+$/u,
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々]+$/u,
  /^\p{Script=Hangul}+$/u,
  ...[
    "Arabic",
    "Hebrew",
    "Devanagari",
    "Bengali",
    "Gujarati",
    "Gurmukhi",
    "Tamil",
    "Telugu",
    "Sinhala",
    "Thai",
  ]
    .map((script) => new RegExp(`^\\p{Script_Extensions=${script}}+$`, "u")),
];

// Cyrillic and Greek letters that pass for Latin ones: a label of nothing else, such as `аррӏе`, is a Latin name in disguise.
const LOOKS_LATIN = /^[асԁеһіјӏорԗԛѕԝхуъьҽпгѵѡкмтвнαικνρυωηοτ]+$/;

// RFC 1035, 2.3.4.
const LONGEST_LABEL = 63;

/** A host as people read it: `münchen.example` for `xn--mnchen-3ya.example`, unless that could pass for another host. */
export function shownHost(host: string): string {
  if (!/(?:^|\.)xn--/i.test(host)) return host;
  return host.split(".").map(shownLabel).join(".");
}

function shownLabel(label: string): string {
  if (!/^xn--/i.test(label) || label.length > LONGEST_LABEL) return label;
  const shown = domainToUnicode(label);
  const letters = shown.replace(/[0-9-]/g, "");
  const isSafe = domainToASCII(shown) === label.toLowerCase() && !LOOKS_LATIN.test(letters) &&
    ONE_SCRIPT.some((script) => script.test(letters));
  return isSafe ? shown : label;
}

/** A URL with its host as {@linkcode shownHost} gives it; any other text as it is. */
export function shownUrl(text: string): string {
  return text.replace(
    /^([a-z][a-z0-9+.-]*:\/\/)([^/?#:@\s]+)/i,
    (_, scheme, host) => scheme + shownHost(host),
  );
}
