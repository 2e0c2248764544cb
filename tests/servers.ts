import { type Cluster, type ClusterOptions, startCluster } from "./cluster.ts";
import { embeddedBinaries, systemBinaries } from "./postgres_binaries.ts";

/** What the tests are told of a server. */
export type TestServer = Pick<Cluster, "name" | "url" | "binaries">;

/**
 * Starts a cluster for every Postgres that is found: those of the system and the one from npm. One that does
 * not start is left out, with its reason.
 *
 * @param directory where the clusters live; other users must be able to enter it
 * @param options of every cluster
 * @throws {Error} If none starts; the message holds the reason of each
 */
export async function startServers(
  directory: string,
  options?: ClusterOptions,
): Promise<{ servers: Cluster[]; problems: string[] }> {
  const found = [...await systemBinaries(), embeddedBinaries(directory)];
  const started = await Promise.allSettled(
    found.map(async (binaries, index) =>
      await startCluster(await binaries, `${directory}/${index}`, options)
    ),
  );
  const servers = started.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
  const problems = started.flatMap((result) => result.status === "rejected" ? [String(result.reason)] : []);
  if (servers.length === 0) {
    throw new Error(["No Postgres could be started for the tests:", ...problems].join("\n"));
  }
  return { servers, problems };
}
