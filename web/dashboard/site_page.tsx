import { Page } from "./page.tsx";

export interface DayFigures {
  /** `YYYY-MM-DD`, the site's own day. */
  day: string;
  visitors: number;
  sessions: number;
  pageviews: number;
}

/** A site's days, the latest first. */
export function SitePage(
  { siteId, days, signedIn }: { siteId: string; days: DayFigures[]; signedIn: boolean },
) {
  return (
    <Page title={siteId} signedIn={signedIn}>
      <section class="card">
        <h1>{siteId}</h1>
        {days.length === 0 ? <p>No day was rolled up yet.</p> : (
          <table>
            <thead>
              <tr>
                <th scope="col">Day</th>
                <th scope="col">Visitors</th>
                <th scope="col">Sessions</th>
                <th scope="col">Pageviews</th>
              </tr>
            </thead>
            <tbody>
              {days.map(({ day, visitors, sessions, pageviews }) => (
                <tr>
                  <th scope="row">{day}</th>
                  <td>{visitors}</td>
                  <td>{sessions}</td>
                  <td>{pageviews}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
    </Page>
  );
}
