import type { LeftOutBots } from "../../db/stats/bots.ts";
import { Isolated } from "./bidi.tsx";
import { BotsLine } from "./bots_line.tsx";
import { siteHref } from "./address.ts";
import { formatDate } from "./format.ts";
import { Part } from "./part.tsx";

/** What is known of a site's first event. */
export interface Arrival {
  /** Of the latest event that was received, processed or not; null where there is none. */
  lastEventAt: Date | null;
}

/** The tag that a site carries. @param publicUrl where a browser finds the pages of this host */
export function snippetOf(publicUrl: string, site: string): string {
  return `<script defer src="${publicUrl}/tracking.js" data-site="${
    site.replace(/&/g, "&amp;").replace(/"/g, "&quot;")
  }"></script>`;
}

/** The tag to paste, with a button that copies it. */
export function Snippet({ publicUrl, site }: { publicUrl: string; site: string }) {
  return (
    <div class="snippet">
      <pre tabindex={0}><code>{snippetOf(publicUrl, site)}</code></pre>
      <button class="button quiet" type="button" data-copy={snippetOf(publicUrl, site)} hidden>Copy</button>
    </div>
  );
}

/** Whether events arrive; asked again every few seconds until one has. */
export function ArrivalPart({ base, site, arrival }: { base: string; site: string; arrival: Arrival }) {
  const url = `${siteHref(base, site)}/arrival`;
  const { lastEventAt } = arrival;
  return (
    <Part name="arrival" label="Live check" kind="arrival" refresh={lastEventAt ? undefined : url}>
      {lastEventAt
        ? (
          <p class="arrived" role="status">
            <strong>Events arrive.</strong> The last one came on{" "}
            <time datetime={lastEventAt.toISOString()}>{momentOf(lastEventAt)}</time>. Its figures follow
            within some minutes. <a href={siteHref(base, site)}>Show them</a>
          </p>
        )
        : (
          <p class="waiting" role="status">
            <span class="pulse" aria-hidden="true"></span>{" "}
            Waiting for the first event. Open a page that carries the tag.
          </p>
        )}
    </Part>
  );
}

function momentOf(at: Date): string {
  return `${formatDate(at.toISOString())} at ${at.toISOString().slice(11, 16)} UTC`;
}

/** The page of a site without events. @param arrival undefined if the page cannot be refreshed: frames have no cookie */
export function SetupCard(
  { base, site, publicUrl, arrival, bots }: {
    base: string;
    site: string;
    publicUrl: string;
    arrival: Arrival | undefined;
    bots: LeftOutBots;
  },
) {
  return (
    <section class="card setup">
      <h2>No events yet</h2>
      <p>
        Paste this before <code>&lt;/head&gt;</code> of every page of{" "}
        <strong>
          <Isolated text={site} />
        </strong>:
      </p>
      <Snippet publicUrl={publicUrl} site={site} />
      {arrival && <ArrivalPart base={base} site={site} arrival={arrival} />}
      <BotsLine bots={bots} />
    </section>
  );
}
