/** The types of events that the tracker sends by itself. A session with no others is still a bounce. */
export const AUTOMATIC_EVENTS = [
  "click",
  "error",
  "form_abandon",
  "form_start",
  "page_exit",
  "page_visibility",
  "scroll",
  "scroll_depth",
  "text_copy",
  "web_vitals",
];
