/** Texts of strangers may hold letters and marks that turn around what stands beside them: these keep to themselves. */

// Letters that are written from right to left, and marks of direction.
const TURNS =
  /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** The text as an element. */
export function Isolated({ text }: { text: string }) {
  return TURNS.test(text) ? <bdi>{closed(text)}</bdi> : <>{text}</>;
}

/** The text for an attribute, a title or a message, where there are no elements: between U+2068 and U+2069. */
export function isolated(text: string): string {
  return TURNS.test(text) ? `\u2068${closed(text)}\u2069` : text;
}

/** The text without what would end its isolation: an end of one that it did not begin, and ends of paragraphs (UAX #9, BD9 and P1). */
function closed(text: string): string {
  let open = 0;
  const kept = text.replace(/[\p{Cc}\u2029]/gu, " ").replace(/[\u2066-\u2069]/g, (mark) => {
    if (mark !== "\u2069") open++;
    else if (open === 0) return "";
    else open--;
    return mark;
  });
  return kept + "\u2069".repeat(open);
}
