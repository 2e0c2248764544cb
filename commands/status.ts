import { existsSync } from "node:fs";
import type { Row } from "../db/database.ts";
import { count } from "../db/doctor/check.ts";
import { type EtlStatus, readEtlStatus } from "../db/etl_status.ts";
import { listRefusedOrigins, type RefusedOrigin } from "../db/refused_origins.ts";
import { adviceOf, describeNewer, type NewerSchema, readSchemaState } from "../db/releases.ts";
import { Spool } from "../db/spool.ts";
import { formatTable } from "./command.ts";
import { reachDatabase } from "./reach.ts";
import type { Subcommand } from "./subcommand.ts";
import { printJson, printLine } from "./terminal.ts";

interface SiteToday extends Row {
  site: string;
  visitors: number;
  sessions: number;
  pageviews: number;
  active: number;
  /** Pageviews and events of bots, which no other figure counts. */
  bots: number;
}

interface Status extends EtlStatus {
  database: string;
  /** What the database has of a newer release; null where none has migrated it. */
  newerSchema: NewerSchema | null;
  sites: SiteToday[];
  /** Of the last day. */
  refusedOrigins: RefusedOrigin[];
  spooledEvents: number;
}

const MOST_SITES = 20;
const MOST_ORIGINS = 20;

function statusText(
  {
    database,
    newerSchema,
    sites,
    refusedOrigins,
    pending,
    jobs,
    staleDays,
    rebuild,
    failedEvents,
    spooledEvents,
  }: Status,
): string {
  const waiting = pending.reduce((sum, events) => sum + events.count, 0);
  const oldest = Math.max(0, ...pending.map(({ ageSeconds }) => ageSeconds));
  return [
    database,
    ...(newerSchema
      ? [
        `${describeNewer(newerSchema)}. ${
          adviceOf(newerSchema)
        }; processes of this one collect, and run no jobs`,
      ]
      : []),
    "",
    formatTable(sites.slice(0, MOST_SITES)),
    ...(sites.length > MOST_SITES ? [`and ${count(sites.length - MOST_SITES, "more site")}`] : []),
    ...refusedText(refusedOrigins),
    "",
    formatTable(
      jobs.map(({ job, startedAt, rows, seconds, error }) => ({
        job,
        started: new Date(startedAt),
        rows,
        seconds,
        error: error ?? "",
      })),
    ),
    "",
    `waiting for the ETL: ${count(waiting, "row")}${
      waiting > 0 ? `, the oldest for ${Math.round(oldest)} s` : ""
    }`,
    `waiting in the spool: ${count(spooledEvents, "event")}`,
    `set aside: ${count(failedEvents, "event")}`,
    `to roll up again: ${count(staleDays, "day")} of sites`,
    `session rows: ${
      rebuild ? `rebuilt back to ${rebuild.reached.toISOString()}` : "no rebuild is under way"
    }`,
  ].join("\n");
}

function refusedText(refused: RefusedOrigin[]): string[] {
  if (refused.length === 0) return [];
  const rows = refused.slice(0, MOST_ORIGINS).map(({ site, origin, events }) => ({
    site,
    refused_origin: origin || "others",
    events,
  }));
  const more = refused.length - rows.length;
  return [
    "",
    formatTable(rows),
    ...(more > 0 ? [`and ${count(more, "more origin")}`] : []),
    "events of the last day from pages that their site does not list; if they are the site's: " +
    "deno task site set ID --add-domain HOST",
  ];
}

export const status: Subcommand = {
  summary: "tells today's visits, what waits, and the jobs' last runs",
  help: `Usage: deno task footfall status [--json]

Tells which database it is, each site's visits since its midnight, what waits to be processed or in the spool of this
folder, and the last run of each job. Whether something is wrong: deno task footfall doctor.`,
  options: { json: "flag" },
  async run(args) {
    const status = await reachDatabase(async ({ db, config, embedded }): Promise<Status> => {
      const [server] = await db.query<{ version: string }>(
        "select split_part(current_setting('server_version'), ' ', 1) as version",
      );
      const sites = await db.query<SiteToday>(
        `select site.site_id as site,
           count(distinct s.visitor_id) as visitors, count(s.session_id) as sessions,
           coalesce(sum(s.pageview_count), 0)::bigint as pageviews,
           count(*) filter (where s.session_end is null and s.last_event_at > now() - interval '30 minutes') as active,
           coalesce((
             select sum(b.pageviews + b.events) from bot_days b where b.site_id = site.site_id and b.day = min(day.day)
           ), 0)::bigint as bots
         from (select site_id from sites union select site_id from sites_with_facts()) site
         cross join lateral day_bounds(
           site.site_id,
           array[(now() at time zone coalesce((select z.timezone from sites z where z.site_id = site.site_id), 'UTC'))::date]
         ) day
         left join user_sessions s on s.site_id = site.site_id and s.session_start >= day.starts and s.session_start < day.ends
         group by site.site_id order by sessions desc, site`,
      );
      return {
        database: `PostgreSQL ${server!.version}${embedded ? " (embedded)" : ""}`,
        newerSchema: (await readSchemaState(db)).newer ?? null,
        sites,
        refusedOrigins: await listRefusedOrigins(db),
        ...await readEtlStatus(db),
        spooledEvents: countSpooled(config.spoolPath, config.spoolBytes),
      };
    });
    await (args.flag("json") ? printJson(status) : printLine(statusText(status)));
  },
};

function countSpooled(path: string | undefined, bytes: number): number {
  if (path === undefined || !existsSync(path)) return 0;
  const spool = new Spool(path, bytes);
  try {
    return spool.size;
  } finally {
    spool.close();
  }
}
