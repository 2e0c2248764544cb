/** What figures of time mean (etl/definitions.md), shown where a pointer rests on them. */
export const MEANINGS = {
  engagedSeconds: "Mean of the sessions whose tracker measures it: the time while a page was visible " +
    "and at most 15 seconds had passed since the visitor last scrolled, typed, clicked or moved the pointer.",
  sessionSeconds:
    "Mean of all sessions: the time between their events, without gaps of more than 30 minutes. " +
    "If the last page has an engaged time, that replaces the last gap.",
  pageEngaged: "Mean of the views whose tracker measures it: the time while the page was visible and in use.",
  pageSeconds:
    "Mean of the views for which it is known: until the next pageview, if it follows within 30 minutes; " +
    "otherwise the engaged time, or the time until the page was left.",
};
