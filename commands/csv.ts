// What a spreadsheet takes for a formula, by OWASP's page on CSV injection; plain numbers are none.
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const NUMBER = /^[+-]?\d+(\.\d+)?$/;

/** A cell that no spreadsheet runs: what looks like a formula gets an apostrophe in front, which makes it text. */
export function guardCell(cell: string | null): string | null {
  return cell !== null && FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell;
}

/**
 * A row as CSV (RFC 4180), with its CRLF. Null is nothing, an empty text is `""`, as `COPY` writes and reads them.
 *
 * Not by the standard library's stringify, which leaves a cell with a lone CR without quotes.
 */
export function formatCsvRow(cells: readonly (string | null)[]): string {
  return cells.map(formatCell).join(",") + "\r\n";
}

function formatCell(cell: string | null): string {
  if (cell === null) return "";
  return cell === "" || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
