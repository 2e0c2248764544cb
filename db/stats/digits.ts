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
