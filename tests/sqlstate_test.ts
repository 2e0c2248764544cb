import { assertEquals } from "@std/assert";
import { type Remedy, remedyOf } from "../db/sqlstate.ts";

// The names of the manual's appendix A.
const CASES: [string, string, Remedy][] = [
  ["08006", "connection_failure", "spool"],
  ["21000", "cardinality_violation", "refuse"],
  ["22003", "numeric_value_out_of_range", "refuse"],
  ["22P05", "untranslatable_character", "refuse"],
  ["23514", "check_violation", "refuse"],
  ["25006", "read_only_sql_transaction", "spool"],
  ["25P02", "in_failed_sql_transaction", "fatal"],
  ["28P01", "invalid_password", "spool"],
  ["3D000", "invalid_catalog_name", "spool"],
  ["40001", "serialization_failure", "again"],
  ["40P01", "deadlock_detected", "again"],
  ["40003", "statement_completion_unknown", "spool"],
  ["42P01", "undefined_table", "fatal"],
  ["42883", "undefined_function", "fatal"],
  ["53100", "disk_full", "spool"],
  ["53300", "too_many_connections", "spool"],
  ["54000", "program_limit_exceeded", "refuse"],
  ["55P03", "lock_not_available", "again"],
  ["57P01", "admin_shutdown", "spool"],
  ["57P03", "cannot_connect_now", "spool"],
  ["58030", "io_error", "spool"],
  ["XX001", "data_corrupted", "spool"],
  ["P0001", "raise_exception", "fatal"],
];
for (const [code, name, remedy] of CASES) {
  Deno.test(`SQLSTATE ${code} (${name}): ${remedy}`, () => {
    assertEquals(remedyOf(code), remedy);
  });
}
