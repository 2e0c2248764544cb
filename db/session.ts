/**
 * What each connection is set to, whatever the server, the database or the role is: values are read as texts in these forms. Only
 * parameters that the server reports, since a pooler in transaction mode keeps those for each of its clients.
 */
export const SESSION = { TimeZone: "UTC", DateStyle: "ISO, YMD" };

/** The same as a script. */
export const SET_SESSION = Object.entries(SESSION).map(([name, value]) => `set ${name} = ${value};`).join(
  " ",
);
