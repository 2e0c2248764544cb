/**
 * What the sessions of these bits add up to, from amounts as binary digits: an array of bits, the ones first (migrations/0012).
 *
 * @param bits all of them, where there are none
 */
export function digitSum(digits: string, bits?: string): string {
  return `case when ${digits} is null then 0 else (
          select sum(bit_count(digit${bits === undefined ? "" : ` & ${bits}`}) << (place - 1)::integer)
          from unnest(${digits}) with ordinality as digits(digit, place)
        ) end`;
}

/** The sum of a column of whole numbers: exact to 2^53, as here, and a number a group. Of a `bigint` Postgres sums up in 128 bits. */
export function wholeSum(column: string): string {
  return `sum(${column}::float8) as ${column}`;
}
