/** A percent-encoded character: well-formed UTF-8 of one to four bytes, or a byte that is none. Or a percent sign that encodes nothing. */
const ENCODED = new RegExp(
  [
    "%C[2-9A-F]%[89AB][0-9A-F]|%D[0-9A-F]%[89AB][0-9A-F]",
    "%E0%[AB][0-9A-F]%[89AB][0-9A-F]|%E[1-9A-CEF](?:%[89AB][0-9A-F]){2}|%ED%[89][0-9A-F]%[89AB][0-9A-F]",
    "%F0%[9AB][0-9A-F](?:%[89AB][0-9A-F]){2}|%F[1-3](?:%[89AB][0-9A-F]){3}|%F4%8[0-9A-F](?:%[89AB][0-9A-F]){2}",
    "%(?:[0-9A-F]{2})?",
  ].join("|"),
  "gi",
);

/** Of ASCII what browsers never encode, and what they always do. */
const PLAIN = /^[-\w.~ "<>^`{|}]$/;

/** Blanks, control characters and marks of direction: nobody sees them. */
const INVISIBLE =
  /[\u0080-\u00a0\u00ad\u061c\u1680\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\uffff]/g;

/**
 * The one form of a page's path, however it was spelled: `/%C3%BCber`, `/%c3%bcber` and `/über` are `/über`.
 *
 * Percent-encoded characters are decoded, except for those that mean something else then: the delimiters of URLs, control characters
 * and characters that nobody sees, which are encoded in upper case. So is a percent sign that encodes nothing: what is decoded after it
 * must not make it encode something. Bytes that are no UTF-8 stay encoded. NFC, of the text between what stays encoded. It is
 * `canonical_path` of etl/procedures/09_paths.sql, for the collector.
 */
export function canonicalPath(path: string): string {
  return path.replace(ENCODED, decode).replace(
    /%..|[^%]+/g,
    (piece) => piece.startsWith("%") ? piece : piece.normalize("NFC").replace(INVISIBLE, encodeURIComponent),
  );
}

function decode(encoded: string): string {
  if (encoded === "%") return "%25";
  if (encoded.length > 3) return decodeURIComponent(encoded);
  const byte = parseInt(encoded.slice(1), 16);
  const character = String.fromCharCode(byte);
  return byte < 0x80 && PLAIN.test(character) ? character : encoded.toUpperCase();
}
