import type { Address } from "./address.ts";

/** What stands where there is nothing to show; with filters it says that these may be why. */
export function Empty(
  { address, what = "Nothing", kind = "notice" }: {
    address: Address;
    /** That is not there. */
    what?: string;
    kind?: string;
  },
) {
  if (address.filters.length === 0) return <p class={kind}>{what} in these days.</p>;
  return (
    <p class={kind}>
      {what} in these days fits the filters. <a href={address.withoutFilters()}>Clear them</a>
    </p>
  );
}
