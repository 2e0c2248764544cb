import type { Queryable } from "../database.ts";

/** How many visitors a page, a source or a country has. */
export interface VisitorCount {
  /** `""` where it is unknown. */
  value: string;
  visitors: number;
}

export interface Realtime {
  /** Who did anything in the last 5 minutes. */
  visitors: number;
  /** The last 30 minutes on the clock, the latest, which is not over yet, at the end; `minute` is an ISO instant. */
  minutes: { minute: string; visitors: number; pageviews: number }[];
  /** Of these 30 minutes, the ten with the most visitors each. */
  pages: VisitorCount[];
  sources: VisitorCount[];
  countries: VisitorCount[];
}

// Of what waits for the ETL, the latest rows are read: usually these are all, and a backlog makes no answer slow.
const PENDING_ROWS = 50_000;
const TOP = 10;
const MINUTE_MS = 60_000;

/**
 * The last half hour of a site, up to what was collected a moment ago: from the facts, and from the raw events that wait
 * for the ETL.
 */
export async function realtime(db: Queryable, site: string, now: Date): Promise<Realtime> {
  const [answer] = await db.query<
    Omit<Realtime, "minutes"> & { minutes: { at: number; visitors: number; pageviews: number }[] }
  >(
    `
  with pending as (
    select l.session_id, coalesce(l.visitor_id, l.session_id) as visitor_id, said.*
    from (select * from events_log_pending order by id desc limit ${PENDING_ROWS}) l
    cross join lateral (
      select l.timestamp as at, coalesce(l.path, url_path(l.url)) as path, l.event_type = 'pageview' as is_view, l.raw_event_data as event
      where l.event_type <> 'batch'
      union all
      select
        case when translate(e.event ->> 'timestamp', '123456789', '000000000') = '0000-00-00T00:00:00.000Z'
          then (e.event ->> 'timestamp')::timestamptz else l.timestamp end,
        coalesce(nullif(e.event ->> 'path', ''), url_path(e.event ->> 'url'), l.path, url_path(l.url)),
        e.event ->> 'eventType' = 'pageview',
        e.event
      from jsonb_array_elements(
        case when l.event_type = 'batch' and jsonb_typeof(l.raw_event_data -> 'events') = 'array'
        then l.raw_event_data -> 'events' else '[]' end) as e(event)
    ) said
    where l.site_id = $1 and l.session_id is not null and (l.bot is null or not is_left_out(l.site_id, l.bot))
  ),
  seen as materialized (
    select v.session_id, v.visitor_id, v.view_timestamp as at, v.path, true as is_view, null::jsonb as event
    from pageviews v
    where v.site_id = $1 and v.view_timestamp >= $3::timestamptz and v.view_timestamp < $4::timestamptz
    union all
    select e.session_id, e.visitor_id, e.event_timestamp, null, false, null
    from user_events e
    where e.site_id = $1 and e.event_timestamp >= $3::timestamptz and e.event_timestamp < $4::timestamptz
    union all
    select p.session_id, p.visitor_id, p.at, canonical_path(p.path), coalesce(p.is_view, false), p.event
    from pending p
    where p.at >= $3::timestamptz and p.at < $4::timestamptz
  ),
  -- A session that the ETL has not seen yet is what its first pageview says.
  entries as (
    select distinct on (session_id) session_id, event
    from seen where event is not null
    order by session_id, not is_view, at
  ),
  visits as (
    select v.visitor_id,
      source_name(case when s.session_id is not null
        then source_tag(s.utm_source, s.referrer_type, s.referrer_platform, url_host(s.original_referrer))
        else source_tag(
          json_text(e.event #> '{attribution,utmParams}', 'utm_source', 255), e.event #>> '{attribution,referrerType}',
          json_text(e.event -> 'attribution', 'referrerPlatform', 100), url_host(event_referrer(e.event))
        )
      end) as source,
      case when s.session_id is not null then s.country else json_text(e.event -> 'browser', 'country', 2) end as country
    from (select distinct session_id, visitor_id from seen) v
    left join user_sessions s on s.site_id = $1 and s.session_id = v.session_id
    left join entries e on e.session_id = v.session_id
  )
  select
    (select count(distinct visitor_id) from seen where at > $2::timestamptz - interval '5 minutes') as visitors,
    (select jsonb_agg(jsonb_build_object('at', extract(epoch from minute), 'visitors', visitors, 'pageviews', pageviews) order by minute)
     from (
       select minute, count(distinct visitor_id) as visitors, count(*) filter (where is_view) as pageviews
       from generate_series($3::timestamptz, $4::timestamptz - interval '1 second', interval '1 minute') as minute
       left join seen on date_trunc('minute', seen.at) = minute
       group by minute
     ) counted) as minutes,
    ${top("path", "seen where is_view")} as pages,
    ${top("source", "visits")} as sources,
    ${top("country", "visits")} as countries`,
    [site, now, ...halfHour(now)],
  );
  const { minutes, ...figures } = answer!;
  return {
    ...figures,
    minutes: minutes.map(({ at, ...counts }) => ({ minute: new Date(at * 1000).toISOString(), ...counts })),
  };
}

/** The values of a column with the most visitors, as JSON. */
function top(column: string, rows: string): string {
  return `(
      select coalesce(jsonb_agg(to_jsonb(counted) order by visitors desc, value collate "C"), '[]')
      from (
        select coalesce(${column}, '') as value, count(distinct visitor_id) as visitors
        from ${rows} group by 1 order by visitors desc, coalesce(${column}, '') collate "C" limit ${TOP}
      ) counted
    )`;
}

/**
 * When the last thirty minutes of the clock begin, and when the one that is under way ends: known to the planner, who would take what
 * the database works out for a third of the facts, and read all of them.
 */
function halfHour(now: Date): [Date, Date] {
  const minute = Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS;
  return [new Date(minute - 29 * MINUTE_MS), new Date(minute + MINUTE_MS)];
}
