import type { Asked } from "./database.ts";

/** What stands in the way of working with a database. */
export interface Obstacle {
  /** `text`: visitors' texts would be lost or spoilt; `writes`: nothing can be stored; `rights`: a part cannot be done. */
  kind: "text" | "writes" | "rights";
  /** As `the database is read-only: …`. */
  problem: string;
  /** What to do about it. */
  advice: string;
}

interface Conditions {
  encoding: string;
  standby: boolean;
  readOnly: boolean;
  /** Who has set `default_transaction_read_only`, as `pg_settings.source` says it. */
  source: string;
  temporary: boolean;
  create: boolean;
  /** Quoted. */
  database: string;
  role: string;
  /** Quoted; null where no schema of the search path is there. */
  schema: string | null;
}

/** What this user cannot do in this database and should, the worst first. Changes nothing. */
export async function findObstacles(db: Asked): Promise<Obstacle[]> {
  const [found] = await db.query<Conditions>(
    `select current_setting('server_encoding') as encoding,
       pg_is_in_recovery() as standby,
       current_setting('transaction_read_only') = 'on' as "readOnly",
       (select source from pg_settings where name = 'default_transaction_read_only') as source,
       has_database_privilege(current_database(), 'TEMP') as temporary,
       coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) as create,
       quote_ident(current_database()) as database, quote_ident(current_user) as role, quote_ident(current_schema()) as schema`,
  );
  const { encoding, standby, readOnly, source, temporary, create, database, role, schema } = found!;
  const obstacles: Obstacle[] = [];
  if (encoding !== "UTF8") {
    obstacles.push({
      kind: "text",
      problem: `the database's encoding is ${encoding}, but must be UTF8`,
      advice: "make one with: createdb --template=template0 --encoding=UTF8 NAME",
    });
  }
  if (standby) {
    obstacles.push({
      kind: "writes",
      problem: "the database is read-only: its server is a standby",
      advice: "name the primary in DATABASE_URL, or promote this server",
    });
  } else if (readOnly) {
    obstacles.push({
      kind: "writes",
      problem: `the database is read-only: default_transaction_read_only is on (set by: ${source})`,
      advice: "turn it off there",
    });
  }
  if (schema === null) {
    obstacles.push({
      kind: "rights",
      problem: "no schema of the search_path is there",
      advice: `make one that it names, or: alter database ${database} reset search_path`,
    });
  } else if (!create) {
    obstacles.push({
      kind: "rights",
      problem:
        `the user ${role} lacks the right CREATE on the schema ${schema}, where tables and partitions are made`,
      advice: `as its owner: grant create on schema ${schema} to ${role}`,
    });
  }
  if (!temporary) {
    obstacles.push({
      kind: "rights",
      problem: `the user ${role} lacks the right TEMPORARY on the database ${database}, which the jobs need`,
      advice: `as its owner: grant temporary on database ${database} to ${role}`,
    });
  }
  return obstacles;
}

/** @param what cannot be done otherwise, as `migrate` @throws {Error} If anything stands in the way */
export async function requireFit(db: Asked, what: string): Promise<void> {
  const obstacles = await findObstacles(db);
  if (obstacles.length === 0) return;
  throw new Error(
    `Cannot ${what}: ${obstacles.map(({ problem, advice }) => `${problem}. Do: ${advice}`).join("; ")}`,
  );
}
