// A number's first 16 digits, or a number whose exponent may be too large. Ordinary bodies have neither, and this is all that
// the check costs them. It begins at what stands before a number, so it never reads a digit twice.
const MAY_LOSE_DIGITS = /[[:,\s]-?(?:\d{16}|\d[\d.]*[eE]\+?\d{3})/;

// Every string, so that the digits in it are passed over, and every number.
const STRINGS_AND_NUMBERS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/**
 * `JSON.parse`, but a number that JavaScript cannot hold becomes a string of the sender's digits: `123456789012345678`, which
 * would end in `…680`, or `1e999`, which would be Infinity. Fractions are rounded as every JSON parser does.
 *
 * The text is rewritten, rather than revived with its source (`context.source`), because Node 20 has no source in a reviver.
 *
 * @throws {SyntaxError} If the text is no JSON
 */
export function parseExactJson(text: string): unknown {
  const value = JSON.parse(text);
  if (!MAY_LOSE_DIGITS.test(text)) return value;
  // Only a text that has just been parsed comes here: in any other an open string would make the pattern read on again and again.
  return JSON.parse(text.replace(STRINGS_AND_NUMBERS, (token) => isHeld(token) ? token : `"${token}"`));
}

function isHeld(token: string): boolean {
  if (token.startsWith('"')) return true;
  const number = Math.abs(Number(token));
  return number <= Number.MAX_SAFE_INTEGER || number < Infinity && /[eE]/.test(token);
}
