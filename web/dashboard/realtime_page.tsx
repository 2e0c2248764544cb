import type { Realtime, VisitorCount } from "../../db/stats/realtime.ts";
import type { Dimension } from "../../db/stats/query.ts";
import { Isolated, isolated } from "./bidi.tsx";
import { type Address, isValue } from "./address.ts";
import { Bar } from "./bar.tsx";
import { formatCount } from "./format.ts";
import { DIMENSION_NAMES, valueName } from "./names.ts";
import { Answered, type Outcome } from "./outcome.tsx";
import { Part } from "./part.tsx";
import { type SiteContext, SiteFrame } from "./site_frame.tsx";

/** What happens on a site now. */
export function RealtimePage({ context, outcome }: { context: SiteContext; outcome: Outcome<Realtime> }) {
  return (
    <SiteFrame context={context} title="Realtime" period="none">
      <RealtimePart context={context} outcome={outcome} />
    </SiteFrame>
  );
}

/** All of it that changes: it is asked for again every ten seconds. */
export function RealtimePart({ context, outcome }: { context: SiteContext; outcome: Outcome<Realtime> }) {
  const { address, timezone } = context;
  return (
    <Part name="now" label="Realtime" kind="now-part" refresh={address.to("realtime", { part: "now" })}>
      <Answered outcome={outcome} retry={address.with({})}>
        {(realtime) => (
          <>
            <section class="card now-card">
              <div class="now-figure">
                <p>
                  <span class="pulse" aria-hidden="true"></span> Right now
                </p>
                <strong class="figure">{formatCount(realtime.visitors)}</strong>
                <p class="soft">{realtime.visitors === 1 ? "visitor" : "visitors"} in the last 5 minutes</p>
              </div>
              <Minutes minutes={realtime.minutes} timezone={timezone} />
            </section>
            <div class="panels three">
              <NowList address={address} dimension="page" counts={realtime.pages} />
              <NowList address={address} dimension="source" counts={realtime.sources} />
              <NowList address={address} dimension="country" counts={realtime.countries} />
            </div>
          </>
        )}
      </Answered>
    </Part>
  );
}

/** A bar for each minute: the pageviews, and in front of them the visitors. */
function Minutes({ minutes, timezone }: { minutes: Realtime["minutes"]; timezone: string }) {
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: timezone, hour: "2-digit", minute: "2-digit" });
  const most = Math.max(1, ...minutes.map(({ pageviews, visitors }) => Math.max(pageviews, visitors)));
  const step = 100 / minutes.length;
  const bar = (i: number, count: number, kind: string) => {
    const height = count / most * 100;
    return (
      <rect
        class={kind}
        x={(i * step + step * 0.12).toFixed(2)}
        width={(step * 0.76).toFixed(2)}
        y={(100 - height).toFixed(2)}
        height={height.toFixed(2)}
      />
    );
  };
  const at = (i: number) => minutes[i] ? clock.format(new Date(minutes[i].minute)) : "";
  return (
    <div class="minutes">
      <p class="legend">
        <span class="key block">Visitors</span>
        <span class="key block pale">Pageviews</span>
        <span class="soft most">at most {formatCount(most)} a minute</span>
      </p>
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        {minutes.map(({ pageviews }, i) => bar(i, pageviews, "pageviews"))}
        {minutes.map(({ visitors }, i) => bar(i, visitors, "visitors"))}
      </svg>
      <p class="minute-axis" aria-hidden="true">
        <span>{at(0)}</span>
        <span>{at(10)}</span>
        <span>{at(20)}</span>
        <span>now</span>
      </p>
      <div class="hidden">
        <table>
          <caption>The last 30 minutes</caption>
          <thead>
            <tr>
              <th scope="col">Minute</th>
              <th scope="col">Visitors</th>
              <th scope="col">Pageviews</th>
            </tr>
          </thead>
          <tbody>
            {minutes.map(({ visitors, pageviews }, i) => (
              <tr>
                <th scope="row">{at(i)}</th>
                <td>{visitors}</td>
                <td>{pageviews}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function NowList(
  { address, dimension, counts }: { address: Address; dimension: Dimension; counts: VisitorCount[] },
) {
  const { one, many } = DIMENSION_NAMES[dimension];
  const most = Math.max(1, ...counts.map(({ visitors }) => visitors));
  return (
    <section class="card panel" aria-label={many}>
      <div class="panel-head">
        <h2>{many}</h2>
        <span class="soft small">last 30 minutes</span>
      </div>
      {counts.length === 0 ? <p class="notice">Nobody was here.</p> : (
        <table class="bars">
          <thead>
            <tr>
              <th scope="col">{one}</th>
              <th scope="col">Visitors</th>
            </tr>
          </thead>
          <tbody>
            {counts.map(({ value, visitors }) => (
              <tr>
                <th scope="row">
                  <Bar share={visitors / most} />
                  <a
                    class={value === "" ? "value soft" : "value"}
                    href={address.overviewOf(isValue(dimension, value), "today")}
                    title={isolated(valueName(dimension, value))}
                  >
                    <Isolated text={valueName(dimension, value)} />
                  </a>
                </th>
                <td>{formatCount(visitors)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
