import type { Address } from "./address.ts";
import { formatCount } from "./format.ts";

/** The header's link to what happens now; its number comes with the script. */
export function LiveLink({ address, visitors }: { address: Address; visitors: number | null }) {
  return (
    <a
      class="live"
      id="live"
      href={address.to("realtime")}
      data-refresh={address.to("realtime", { part: "live" })}
    >
      <span class={visitors === 0 ? "pulse still" : "pulse"} aria-hidden="true"></span>
      <span class="live-text">
        {visitors === null ? "Realtime" : (
          <>
            <strong>{formatCount(visitors)}</strong>
            <span class="hidden">{visitors === 1 ? "visitor" : "visitors"}</span> now
          </>
        )}
      </span>
    </a>
  );
}
