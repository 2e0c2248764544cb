import type { Child } from "hono/jsx";
import { Isolated } from "./bidi.tsx";
import type { Address } from "./address.ts";
import { DIMENSION_NAMES, filterName, filterValues, OPERATOR_NAMES } from "./names.ts";

/** The fields of the form that adds a filter; whoever answers it puts them together as one `filter`. */
export const FILTER_FIELDS = {
  dimension: "filter_by",
  operator: "filter_that",
  value: "filter_value",
} as const;

/** What is filtered by, each with a link that takes it away, and a form that adds one. @param children stands at the end */
export function Filters({ address, children }: { address: Address; children?: Child }) {
  return (
    <div class="filters">
      {address.filters.length > 0 && (
        <ul aria-label="Filters">
          {address.filters.map((filter) => (
            <li class="chip">
              <span>
                {DIMENSION_NAMES[filter.dimension].one} {OPERATOR_NAMES[filter.operator]}{" "}
                {filterValues(filter).map((value, i) => (
                  <>
                    {i > 0 && " or "}
                    <Isolated text={value} />
                  </>
                ))}
              </span>
              <a href={address.withoutFilter(filter)} aria-label={`Remove filter: ${filterName(filter)}`}>
                ×
              </a>
            </li>
          ))}
        </ul>
      )}
      <AddFilter address={address} />
      {address.filters.length > 1 && <a class="quiet-link" href={address.withoutFilters()}>Clear all</a>}
      {children}
    </div>
  );
}

function AddFilter({ address }: { address: Address }) {
  return (
    <details class="menu plain" name="menu">
      <summary>
        <span class="menu-title">Add filter</span>
      </summary>
      <form class="popover add-filter" action={address.action}>
        {address.hidden(...Object.values(FILTER_FIELDS)).map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <select name={FILTER_FIELDS.dimension} aria-label="Filter by">
          {Object.entries(DIMENSION_NAMES).map(([key, { one }]) => <option value={key}>{one}</option>)}
        </select>
        <select name={FILTER_FIELDS.operator} aria-label="How it is compared">
          {Object.entries(OPERATOR_NAMES).map(([key, title]) => <option value={key}>{title}</option>)}
        </select>
        <input name={FILTER_FIELDS.value} aria-label="Value" placeholder="Value" maxlength={2048} />
        <button class="button" type="submit">Add</button>
      </form>
    </details>
  );
}
