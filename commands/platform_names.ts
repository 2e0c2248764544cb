/** Writes `etl/procedures/08_platform_names.sql`, so that SQL reads the same list of platforms as the collector. */
import list from "../events/platforms.json" with { type: "json" };

export const PLATFORM_NAMES_FILE = new URL("../etl/procedures/08_platform_names.sql", import.meta.url);

const HEADER =
  `-- platform_names: what campaigns and hosts call a platform → the name that is stored for it. '=' before a host: not its subdomains.
--
-- Generated from events/platforms.json by: deno task db:schema. Of platforms that are called by their host nothing is here.
create or replace function platform_names() returns jsonb
language sql immutable parallel safe as $$
  select '{
`;

/** The file as the list makes it. */
export function platformNamesSql(): string {
  const lines: string[] = [];
  for (const [type, platforms] of Object.entries(list)) {
    if (type === "sources") continue;
    for (const [platform, entries] of Object.entries<string>(platforms as Record<string, string>)) {
      if (platform.includes(".")) continue;
      const names = entries.split(" ").filter((entry) => !entry.includes("/")).map((entry) =>
        // Of a brand in most countries, its .com.
        entry.replace(/^=?(.*)\.\*$/, (_, brand) => `=${brand}.com`)
      );
      lines.push([...new Set(names)].map((name) => `"${name}": "${platform}"`).join(", "));
    }
  }
  return `${HEADER}    ${lines.join(",\n    ")}\n  }'::jsonb\n$$;\n`;
}
