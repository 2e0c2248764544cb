import { Buffer } from "node:buffer";

export interface Network {
  /** The first bits of its addresses: `1100101100000000` for 203.0.0.0/16. */
  prefix: string;
  record: unknown;
}

type Node = [Node | number | undefined, Node | number | undefined];

const SEPARATOR = Buffer.alloc(16);
const MARKER = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1");

/** A file in MaxMind's format 2.0, with records of 24 bits (https://maxmind.github.io/MaxMind-DB/). */
export function maxmindDatabase(networks: Network[], ipVersion: 4 | 6): Buffer {
  const root: Node = [undefined, undefined];
  const records: Buffer[] = [];
  let offset = 0;
  for (const { prefix, record } of networks) {
    insert(root, prefix, offset);
    const bytes = encode(record);
    records.push(bytes);
    offset += bytes.length;
  }
  const nodes = numbered(root);
  const places = new Map(nodes.map((node, place) => [node, place]));
  const tree = Buffer.alloc(nodes.length * 6);
  // A record is a node's number, or the count of nodes for nothing, or beyond it and the separator a place in the data.
  const value = (to: Node[0]) =>
    to === undefined ? nodes.length : typeof to === "number" ? nodes.length + 16 + to : places.get(to)!;
  nodes.forEach(([left, right], place) => {
    tree.writeUIntBE(value(left), place * 6, 3);
    tree.writeUIntBE(value(right), place * 6 + 3, 3);
  });
  const metadata = encode({
    node_count: nodes.length,
    record_size: 24,
    ip_version: ipVersion,
    database_type: "Test-Country",
    languages: ["en"],
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    description: { en: "test" },
  });
  return Buffer.concat([tree, SEPARATOR, ...records, MARKER, metadata]);
}

/** The bits of an IPv4 address's network, in a tree of IPv6: there it stands after 96 zeros. */
export function ipv4Prefix(address: string, length: number, ipVersion: 4 | 6 = 6): string {
  const bits = address.split(".").map((byte) => Number(byte).toString(2).padStart(8, "0")).join("");
  return (ipVersion === 6 ? "0".repeat(96) : "") + bits.slice(0, length);
}

function insert(root: Node, prefix: string, record: number): void {
  let node = root;
  for (const bit of prefix.slice(0, -1)) {
    const next = node[Number(bit)] ??= [undefined, undefined];
    node = next as Node;
  }
  node[Number(prefix.at(-1))] = record;
}

/** The nodes, each before those below it. */
function numbered(node: Node): Node[] {
  return [node, ...node.flatMap((to) => Array.isArray(to) ? numbered(to) : [])];
}

// A control byte has the type in its upper three bits, or 0 and the type less 7 in a byte after it.
const TYPES = { text: 2, uint32: 6, map: 7 };
const ARRAY = 11;

function encode(value: unknown): Buffer {
  if (typeof value === "string") {
    return Buffer.concat([control(TYPES.text, value.length), Buffer.from(value)]);
  }
  if (typeof value === "number") {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(TYPES.uint32, 4), bytes]);
  }
  if (Array.isArray(value)) {
    return Buffer.concat([Buffer.from([value.length, ARRAY - 7]), ...value.map(encode)]);
  }
  const entries = Object.entries(value as Record<string, unknown>);
  return Buffer.concat([control(TYPES.map, entries.length), ...entries.flat().map(encode)]);
}

function control(type: number, size: number): Buffer {
  if (size < 29) return Buffer.from([type << 5 | size]);
  return Buffer.from([type << 5 | 29, size - 29]);
}
