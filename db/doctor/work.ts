import { unfinishedRebuild } from "../rebuild.ts";
import { listRefusedOrigins } from "../refused_origins.ts";
import { ask, type Check, count, formatAge, list, ok, problem, warning } from "./check.ts";

// The job runs every minute and takes less than one.
const WAITING_WARNING_SECONDS = 5 * 60;
const WAITING_PROBLEM_SECONDS = 30 * 60;
// Several runs of daily-metrics have missed it.
const STALE_WARNING_SECONDS = 30 * 60;

const pendingEvents: Check = {
  name: "pending events",
  asks: "database",
  async run({ db }) {
    // By id, which the primary key finds: counting a large backlog takes long.
    const { waiting, age } = await ask<{ waiting: number; age: number | null }>(
      db,
      `select (select count(*) from (select from events_log_pending limit 100000) counted) as waiting,
         (select extract(epoch from now() - created_at) from events_log_pending order by id limit 1) as age`,
    );
    if (age === null) return ok("none waits");
    const message = `${
      waiting === 100_000 ? "100,000 rows or more" : count(waiting, "row")
    } of raw events, the oldest for ${formatAge(Math.max(0, age))}`;
    const advice = "see the job process-events below; work them off now with: deno task footfall etl";
    if (age >= WAITING_PROBLEM_SECONDS) return problem(message, advice);
    if (age >= WAITING_WARNING_SECONDS) return warning(message, advice);
    return ok(message);
  },
};

const oldBots: Check = {
  name: "bots",
  asks: "database",
  async run({ db }) {
    const { since } = await ask<{ since: string | null }>(
      db,
      "select min(changed_at at time zone 'UTC')::date::text as since from definition_changes where change = 'bots'",
    );
    return since === null ? ok("in no figure, unless a site counts them") : warning(
      `sessions that were collected before ${since} may be bots'`,
      "see how many: deno task footfall rebuild --without-bots --dry-run; without --dry-run it removes them",
    );
  },
};

const failedEvents: Check = {
  name: "events set aside",
  asks: "database",
  async run({ db }) {
    const reasons = await db.query<{ reason: string; events: number }>(
      `select left(reason, 80) as reason, count(*) as events from failed_events group by 1 order by 2 desc, 1`,
    );
    if (reasons.length === 0) return ok("none");
    const all = reasons.reduce((sum, { events }) => sum + events, 0);
    return warning(
      `${count(all, "event")}: ${list(reasons.map(({ reason, events }) => `${reason} (${events})`))}`,
      "once the reason is mended: deno task footfall retry-failed",
    );
  },
};

const staleDays: Check = {
  name: "stale days",
  asks: "database",
  async run({ db }) {
    // The mark of a day that is not over is normal, and so it is in the minutes after.
    const { days, age } = await ask<{ days: number; age: number | null }>(
      db,
      `select count(*) as days,
         max(extract(epoch from now() - greatest(
           (select min(d.marked_at) from stale_days d where d.site_id = m.site_id and d.metric_date = m.day),
           b.ends + closing_delay()
         ))) as age
       from marked_days(1000000) m
       cross join lateral day_bounds(m.site_id, array[m.day]) b
       where m.is_over`,
    );
    if (age === null) return ok("none");
    const message = `${count(days, "day")} of sites to roll up again, waiting up to ${
      formatAge(Math.max(0, age))
    }`;
    return age >= STALE_WARNING_SECONDS
      ? warning(message, "see the job daily-metrics; now with: deno task footfall etl")
      : ok(message);
  },
};

const sessionRows: Check = {
  name: "session rows",
  asks: "database",
  async run({ db }) {
    const rebuild = await unfinishedRebuild(db);
    if (rebuild) {
      const message = `a rebuild of ${
        rebuild.site ?? "all sites"
      } is under way, done back to ${rebuild.reached.toISOString()}`;
      return rebuild.isUpgrade
        ? warning(
          `${message}; figures of earlier days are too low`,
          "the job daily-metrics goes on with it; now with: deno task footfall rebuild",
        )
        : ok(message);
    }
    // A rebuild ends with the oldest rows, so where these are of the current definitions, all are.
    const outdated = await db.query<{ site: string }>(
      `select known.site_id as site
       from sites_with_facts() known
       cross join lateral (
         select r.definitions from session_rows r where r.site_id = known.site_id order by r.started_at limit 1
       ) oldest
       where oldest.definitions < row_definitions()
       order by 1`,
    );
    return outdated.length === 0 ? ok("of the current definitions") : warning(
      `of older definitions: those of ${list(outdated.map(({ site }) => site))}`,
      "deno task footfall rebuild",
    );
  },
};

const refusedOrigins: Check = {
  name: "refused origins",
  asks: "database",
  async run({ db }) {
    const refused = await listRefusedOrigins(db);
    if (refused.length === 0) return ok("none in the last day");
    const all = refused.reduce((sum, { events }) => sum + events, 0);
    const named = refused.map(({ site, origin, events }) =>
      `${origin || "others"} at ${site} (${events.toLocaleString("en-US")})`
    );
    return warning(
      `${count(all, "event")} of the last day, because the site does not list the origin: ${list(named)}`,
      "if the pages are the site's: deno task site set ID --add-domain HOST",
    );
  },
};

/** One check for each job: did it succeed lately? */
const jobs: Check = {
  name: "jobs",
  asks: "database",
  async run({ db, jobs, embedded }) {
    const runs = await db.query<
      { name: string; succeeded: number | null; failed: string | null; age: number }
    >(
      `select wanted.name,
         (select extract(epoch from now() - max(finished_at)) from job_runs
          where job = wanted.name and finished_at is not null and error is null) as succeeded,
         (select error from job_runs where job = wanted.name and finished_at is not null
          order by started_at desc, id desc limit 1) as failed,
         (select extract(epoch from now() - min(applied_at)) from schema_migrations) as age
       from unnest($1::text[]) with ordinality as wanted(name, place) order by place`,
      [jobs.map(({ name }) => name)],
    );
    const failing = runs.filter(({ failed }) => failed !== null);
    // A job that has never run is late when the database is old enough for it.
    const late = runs.filter(({ failed, succeeded, age }, i) =>
      failed === null && (succeeded ?? age) > jobs[i]!.lateAfterSeconds
    );
    const lateness = `late, by their last success: ${
      list(
        late.map(({ name, succeeded }) =>
          succeeded === null ? `${name} never` : `${name} ${formatAge(succeeded)} ago`
        ),
        9,
      )
    }`;
    if (failing.length > 0) {
      const [first] = failing;
      const failure = `the last run of ${list(failing.map(({ name }) => name), 9)} failed: ${first!.failed}`;
      return problem(
        late.length > 0 ? `${failure}; ${lateness}` : failure,
        "mend that, then: deno task footfall etl",
      );
    }
    if (late.length > 0) {
      // A laptop sleeps.
      return embedded
        ? warning(lateness, "they run while deno task dev runs; now with: deno task footfall etl")
        : problem(lateness, "is a process of deno task start running? now with: deno task footfall etl");
    }
    const told = runs.filter(({ succeeded }) => succeeded !== null)
      .map(({ name, succeeded }) => `${name} ${formatAge(succeeded!)} ago`);
    return ok(told.length > 0 ? list(told, 9) : "none has run yet");
  },
};

export const WORK_CHECKS: readonly Check[] = [
  pendingEvents,
  failedEvents,
  oldBots,
  staleDays,
  sessionRows,
  refusedOrigins,
  jobs,
];
