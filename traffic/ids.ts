import type { Random } from "./random.ts";

/**
 * UUIDs of version 8 (RFC 9562): a number that rises, as the tracker's ids do with time, then chance. In an index the new ones
 * lie together.
 *
 * @param draws of 32 bits each; what two leave open is zero, 42 bits of chance being enough beside the number
 */
export function risingIds(random: Random, draws: 2 | 3): () => string {
  let ordinal = 0;
  return () => {
    const rising = hex(ordinal++, 12);
    const [a, b, c = 0] = Array.from({ length: draws }, () => random.bits()) as [number, number, number?];
    const rest = `8${hex(a & 0xfff, 3)}-${hex(0x8000 | (b & 0x3fff), 4)}-${hex(c, 8)}${hex(b >>> 16, 4)}`;
    return `${rising.slice(0, 8)}-${rising.slice(8)}-${rest}`;
  };
}

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
