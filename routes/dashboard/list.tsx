import { breakdown } from "../../db/stats/breakdown.ts";
import { type Dimension, DIMENSIONS } from "../../db/stats/query.ts";
import { ListPage, PAGE_SIZE } from "../../web/dashboard/list_page.tsx";
import { searchFor } from "../stats/countries.ts";
import { outcomeOf } from "./outcome.ts";
import type { View } from "./view.ts";

const MAX_PAGE = 100_000;

/** Every value of a dimension. */
export function listView(dimension: Dimension): View {
  return async ({ db, query, context }) => {
    const { address } = context;
    const asked = address.get("page") ?? "1";
    const page = /^\d{1,6}$/.test(asked) ? Math.min(Math.max(1, Number(asked)), MAX_PAGE) : 1;
    const search = (address.get("search") ?? "").slice(0, 200).replaceAll("\0", "");
    const outcome = await outcomeOf(
      breakdown(db, query, dimension, {
        limit: PAGE_SIZE,
        offset: (page - 1) * PAGE_SIZE,
        ...searchFor(dimension, search),
        visitors: true,
      }),
    );
    return { page: <ListPage context={context} dimension={dimension} page={page} outcome={outcome} /> };
  };
}

/** A list for each dimension, by its name. */
export const LIST_VIEWS: [string, View][] = DIMENSIONS.map((dimension) => [dimension, listView(dimension)]);
