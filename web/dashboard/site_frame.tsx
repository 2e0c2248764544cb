import type { Child } from "hono/jsx";
import type { Comparison, Period } from "../../db/stats/period.ts";
import type { DayRange } from "../../db/stats/query.ts";
import { Isolated, isolated } from "./bidi.tsx";
import type { Address } from "./address.ts";
import { Filters } from "./filters.tsx";
import { formatRange } from "./format.ts";
import { Menu } from "./menu.tsx";
import { COMPARISON_NAMES, PERIOD_NAMES } from "./names.ts";
import { LiveLink } from "./live_link.tsx";
import { Page } from "./page.tsx";

/** Who looks. */
export interface Viewer {
  /** Sees every site, and may add some. */
  isAdmin: boolean;
  /** May change what belongs to the site that is shown. */
  canEdit: boolean;
  /** Was signed in here, and can sign out. */
  signedIn: boolean;
}

/** What every page of a site knows. */
export interface SiteContext {
  address: Address;
  range: DayRange;
  /** What it is compared with, in words; null where that is nothing. */
  compared: string | null;
  /** After an upgrade: sessions from before this moment are missing, in words; null where none are. */
  missingBefore: string | null;
  timezone: string;
  /** The site's own. */
  today: string;
  viewer: Viewer;
  /** To switch to; at least this one. */
  sites: string[];
}

const VIEWS: [view: string, title: string][] = [
  ["", "Overview"],
  ["realtime", "Realtime"],
  ["funnel", "Funnel"],
  ["journeys", "Journeys"],
  ["retention", "Retention"],
  ["events", "Events"],
  ["forms", "Forms"],
  ["scroll", "Scroll"],
  ["goals", "Goals"],
];

const PERIODS: Period[] = ["today", "yesterday", "7d", "30d", "90d", "12mo", "month", "year", "all"];
const COMPARISONS: Comparison[] = ["previous", "year", "none"];

/** A page of one site: what is chosen above, its views, and what is shown. */
export function SiteFrame(
  { context, title, period = "both", download, children }: {
    context: SiteContext;
    /** Of the page, after the site. */
    title: string;
    /** Whether the page has days and filters, and something to compare them with. */
    period?: "both" | "days" | "none";
    /** Which list of the API is what the page shows, and the list's own parameters. */
    download?: { resource: string; more?: [name: string, value: string][] };
    children?: Child;
  },
) {
  const { address, viewer, sites, missingBefore } = context;
  const switcher = sites.map((site) => ({
    href: `/dashboard/${encodeURIComponent(site)}`,
    title: isolated(site),
    current: site === address.site,
  }));
  const head = address.isEmbedded
    ? (
      <strong>
        <Isolated text={address.site} />
      </strong>
    )
    : (
      <>
        <Menu label="Site" title={<Isolated text={address.site} />} items={switcher}>
          {viewer.isAdmin && <a class="menu-more" href="/dashboard/sites">Manage sites</a>}
        </Menu>
        <LiveLink address={address} visitors={null} />
      </>
    );
  return (
    <Page
      title={`${isolated(address.site)}: ${title}`}
      signedIn={viewer.signedIn}
      home={viewer.isAdmin}
      head={head}
      scripted
    >
      <div class="toolbar">
        {!address.isEmbedded && <Views address={address} />}
        {period !== "none" && <Days context={context} compares={period === "both"} />}
      </div>
      <h1 class="hidden">
        {address.view === "" ? isolated(address.site) : `${isolated(address.site)}: ${title}`}
      </h1>
      {period !== "none" && (
        <Filters address={address}>
          {download && !address.isEmbedded && (
            <a class="quiet-link" href={address.download(download.resource, context.range, download.more)}>
              Download CSV
            </a>
          )}
        </Filters>
      )}
      {period !== "none" && missingBefore && (
        <p class="card notice" role="status">
          Sessions from before {missingBefore}{" "}
          are still being read in after an upgrade: figures of earlier days are too low.
        </p>
      )}
      {children}
    </Page>
  );
}

function Views({ address }: { address: Address }) {
  const isListed = VIEWS.some(([view]) => view === address.view);
  return (
    <nav class="views" aria-label="Views">
      {VIEWS.map(([view, title]) => (
        <a
          href={address.to(view)}
          aria-current={view === address.view || (view === "" && !isListed) ? "page" : undefined}
        >
          {title}
        </a>
      ))}
    </nav>
  );
}

/** The period and what it is compared with. */
function Days({ context, compares }: { context: SiteContext; compares: boolean }) {
  const { address, range, compared, today } = context;
  const periods = PERIODS.map((period) => ({
    href: address.with({ period, from: null, to: null, interval: null }),
    title: PERIOD_NAMES[period],
    current: period === address.period,
  }));
  const comparisons = COMPARISONS.map((compare) => ({
    href: address.with({ compare }),
    title: COMPARISON_NAMES[compare],
    current: compare === address.compare,
  }));
  const chosen = address.period === null ? formatRange(range) : PERIOD_NAMES[address.period];
  return (
    <div class="days">
      <p class="range">
        {formatRange(range)}
        {compares && compared && <span>vs {compared}</span>}
      </p>
      {compares && (
        <Menu label="Compared with" title={COMPARISON_NAMES[address.compare]} items={comparisons} end />
      )}
      <Menu label="Period" title={chosen} items={periods} end>
        <form class="custom-days" action={address.action}>
          {address.hidden("period", "from", "to", "interval").map(([name, value]) => (
            <input type="hidden" name={name} value={value} />
          ))}
          <label>
            From <input type="date" name="from" value={range.from} max={today} required />
          </label>
          <label>
            To <input type="date" name="to" value={range.to} max={today} required />
          </label>
          <button class="button" type="submit">Show</button>
        </form>
      </Menu>
    </div>
  );
}
