import { Isolated } from "./bidi.tsx";
import { formatCount } from "./format.ts";
import { shownHost, shownUrl } from "./host_names.ts";

export interface RefusedOriginRow {
  site: string;
  /** Empty for those that were not kept by name. */
  origin: string;
  events: number;
  /** What the site has to list for it; undefined where nothing would do. */
  host: string | undefined;
}

/** Pages that a site does not list, and that sent it events in the last day. @param ofSite whether the rows are of one site */
export function RefusedOrigins({ rows, ofSite }: { rows: RefusedOriginRow[]; ofSite: boolean }) {
  return (
    <section class="card" aria-label="Refused origins">
      <h2>Refused origins</h2>
      <p class="note">
        In the last day events came from pages whose host {ofSite ? "this site" : "their site"}{" "}
        does not list, and were not stored. If the pages are yours, add the host to the site’s domains.
        Strangers who have copied the tag are refused as they should be.
      </p>
      <table class="refused-origins">
        <thead>
          <tr>
            {!ofSite && <th scope="col">Site</th>}
            <th scope="col">Origin</th>
            <th scope="col">Domain to add</th>
            <th scope="col">Events</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ site, origin, events, host }) => (
            <tr>
              {!ofSite && (
                <td>
                  <a href={`/dashboard/sites?site=${encodeURIComponent(site)}`}>
                    <Isolated text={site} />
                  </a>
                </td>
              )}
              <th scope="row">{origin === "" ? "others" : <Isolated text={shownUrl(origin)} />}</th>
              <td>{host === undefined ? "" : <code>{shownHost(host)}</code>}</td>
              <td>{formatCount(events)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
