import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify<string, Uint8Array, number, { N: number; r: number; p: number }, Uint8Array>(scrypt);

// One of the equally strong settings of OWASP's Password Storage Cheat Sheet: the one that takes 16 MiB, since this
// process promises to stay small.
const COST = { N: 2 ** 14, r: 8, p: 5 };
const HASH_BYTES = 32;
const URL_SAFE = { alphabet: "base64url" } as const;

// One at a time, for the same reason; and the collector keeps its cores.
let last: Promise<unknown> = Promise.resolve();

/** What may be stored of a password: `scrypt$N$r$p$salt$hash`, the last two base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await deriveInTurn(password, salt, COST);
  return ["scrypt", COST.N, COST.r, COST.p, salt.toBase64(URL_SAFE), hash.toBase64(URL_SAFE)].join("$");
}

/** Whether `stored` was made of this password. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [, N, r, p, salt, hash] = stored.split("$");
  const expected = Uint8Array.fromBase64(hash!, URL_SAFE);
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  return timingSafeEqual(
    await deriveInTurn(password, Uint8Array.fromBase64(salt!, URL_SAFE), cost),
    expected,
  );
}

async function deriveInTurn(password: string, salt: Uint8Array, cost: typeof COST): Promise<Uint8Array> {
  // The same character can be typed in several ways; RFC 8265 asks for this form of it.
  const turn = last.then(() => derive(password.normalize("NFC"), salt, HASH_BYTES, cost));
  last = turn.catch(() => {});
  return await turn;
}
