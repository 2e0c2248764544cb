import models from "./device_models.json" with { type: "json" };

// device_models.json: how names of Android's televisions and tablets begin. The first word, or two words with `_` between
// them; `pmt#` is the letters before a digit. They are the beginnings that two or more models of that kind, and next to none of
// any other, have in the fixtures of https://github.com/matomo-org/device-detector (September 2026; 30,000 user agents).
const TV_MODELS = new Set(models.tv.join(" ").split(" "));
const TABLET_MODELS = new Set(models.tablet.join(" ").split(" "));

// Standards and systems of televisions, set-top boxes and sticks, in whatever user agent.
const TV =
  /\b(?:hbbtv|ce-html|hybridcast|netcast|nettv|netrange|web0s|webos\.tv|smart-?tv|smart tv|google ?tv|apple ?tv|android ?tv|opera tv|webtv|internet ?tv|dtv|viera|vidaa|bravia|aquos-?\w*|crkey|roku|tizen [\d.]+.*\btv|aft[a-z]{1,3}\d{0,3}|mitv|mibox\d?|omi|kreatv|dunehd|brightsign|tivo|vizio|tbrowser|espial|sigmadesigns|kylo|large screen|stb|appletv\w*|sagemcom_broadband\w*|firetv\w*|virginmedia_\w*)(?![a-z])|_tv_|;lge ;|\bmb9\d\/|\bvms\/|\bsc\/ihd|googletv|appletv|-dmp\/|\bboxee|\bskq?\b.*\bstb|\bjiohb\b/i;
// A name says television, or begins with the screen's size in inches. LeTV makes phones.
const TV_NAME =
  /(?:^|[ _-])(?:(?!letv)[a-z]{0,9}tv(?:[ -]?box)?|[a-z]{0,9}tvbox|box|stick|stb)(?:[ _-]|\d?$)|^(?:2[248]|3[29]|4[0-35-9]|5[058]|6[05]|7[05])[a-z]{1,4}\d|^rk3\d{3}/i;
// So does a tablet's, but for Asus's PadFone; Asus and Alcatel number theirs.
const TABLET_NAME =
  /(?:^|[ _-])[a-z]{0,9}(?:tab(?:let)?|pad)(?:[ _\d-]|$)|\bipad|^asus[ _][kp]0\w\w$|^[89][02]\d\d[a-z]\d?$/i;
const LAPTOP =
  /\b(?:chromebook|pixelbook|inspiron|latitude|travelmate|vostro|satellite|aspire|elitebook|probook|lifebook|thinkpad)\b/i;
const PHONE =
  /\bmobile\b|iphone|dv\(iph|\bphone\b|midp|j2me|symbian|ucweb|opera mini|lumia|blackberry|windows ce|palm ?os|up\.browser|wap[ -]browser|docomo|kddi|willcom|\bbrew\b|\bmaui\b/i;
const TABLET = /\bipad|\btablet\b(?! pc)|\bfbid\/tablet/i;
const CONSOLE = /playstation|\bps[345]\b|xbox|nintendo|\bpsp\b|ouya|retroid|valve steam/i;
const WEARABLE = /watch ?os\b|\bwatch|ticwatch|\bsm-r\d{3}|oculusbrowser|picobrowser|wolvic|mobile vr/i;

/**
 * What kind of device sent a user agent: `mobile`, `tablet`, `smarttv`, `console`, `wearable`, or what else the parser found
 * (`embedded`); `desktop` where nothing says otherwise.
 *
 * An iPad's Safari calls itself a Mac's, and is a `desktop`.
 *
 * @param found of ua-parser-js, which takes most televisions and tablets with Android for phones
 */
export function deviceTypeOf(userAgent: string, found: string | undefined): string {
  if (found === "console" || CONSOLE.test(userAgent)) return "console";
  if (found === "smarttv" || TV.test(userAgent)) return "smarttv";
  if (found === "wearable" || WEARABLE.test(userAgent)) return "wearable";
  const model = androidModel(userAgent);
  if (model !== undefined) {
    if (LAPTOP.test(userAgent)) return "desktop";
    if (begins(TV_MODELS, model) || TV_NAME.test(model)) return "smarttv";
    if (begins(TABLET_MODELS, model) || TABLET_NAME.test(model)) return "tablet";
    // A browser with Chrome's engine says "Mobile" on phones alone, whatever the parser takes the name for.
    return found === undefined || /\bchrome\/.*\bmobile\b/i.test(userAgent) ? "mobile" : found;
  }
  if (TABLET.test(userAgent)) return "tablet";
  if (PHONE.test(userAgent)) return "mobile";
  // Of Windows without a phone's word the parser goes by the maker's name.
  return found === undefined || /\bwindows(?: nt|\/)/i.test(userAgent) ? "desktop" : found;
}

/** The device's name in a user agent with Android, "" where it has none; undefined without Android. */
function androidModel(userAgent: string): string | undefined {
  const match = /\b(?:android|adr)\b[^;)]*(?:;\s*[a-z]{2}(?:[-_][a-z]{2,4})?\s*(?=;))?(?:;\s*([^;)]{1,80}))?/i
    .exec(userAgent);
  return match ? (match[1] ?? "").replace(/ (?:build\/|applewebkit).*$/i, "").trim() : undefined;
}

function begins(models: Set<string>, model: string): boolean {
  const [first = "", second = ""] = model.toLowerCase().split(/[ _/.+()-]/, 2);
  const [letters, digits = ""] = /^([a-z]+)(\d\d)?/.exec(first)?.slice(1) ?? [];
  return models.has(first) || models.has(`${first}_${second}`) ||
    letters !== first && models.has(`${letters}#`) || digits !== "" && models.has(`${letters}${digits}#`) ||
    models.has(`${first}_${/^[a-z]+(?=\d)/.exec(second)?.[0]}#`);
}
