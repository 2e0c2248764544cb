/**
 * The session settings of each connection, which override those of the server, the database and the role: results are parsed in
 * these formats. Only parameters that the server reports are set: a pooler in transaction mode keeps them for each client.
 */
export const SESSION = { TimeZone: "UTC", DateStyle: "ISO, YMD" };

/** The same as a script. */
export const SET_SESSION = Object.entries(SESSION).map(([name, value]) => `set ${name} = ${value};`).join(
  " ",
);
