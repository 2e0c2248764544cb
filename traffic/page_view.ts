import type { Page } from "./pages.ts";
import type { Random } from "./random.ts";

/** Something that happens on a page, in milliseconds since it was opened. */
export interface Interaction {
  at: number;
  eventType: string;
  eventData: Record<string, unknown>;
}

const WINDOW_HEIGHT = 900;
const LOST_EXITS = 0.12;
const PEOPLE = ["ada", "grace", "linus", "edsger", "barbara", "alan"];

/**
 * What a visitor does on a page within the time that they stay, in order.
 *
 * @param next the page that a click leads to; undefined on the last one of a visit
 */
export function interact(random: Random, page: Page, stay: number, next: Page | undefined): Interaction[] {
  const found: Interaction[] = [...scroll(random, page, stay), ...submit(random, page, stay)];
  const add = (at: number, eventType: string, eventData: Record<string, unknown>) =>
    found.push({ at: Math.round(at), eventType, eventData });
  const during = () => random.share() * stay;

  for (let clicks = Math.floor(random.exponential(0.5)); clicks > 0; clicks--) {
    add(during(), "click", clickOn(random, "BUTTON", "gallery-next", undefined, "Next picture"));
  }
  if (page.kind === "product" && random.chance(0.14)) {
    add(during(), "add_to_cart", {
      product: page.path.slice("/products/".length),
      price: 14.5,
      quantity: random.whole(1, 3),
    });
  }
  if (page.kind === "article" && random.chance(0.06)) {
    add(during(), "video_play", { video: "brewing", muted: true });
  }
  if (random.chance(0.02)) {
    add(during(), "text_copy", { textLength: 34, textPreview: "20 g of coffee to 320 ml of water" });
  }
  if (random.chance(0.07)) {
    const at = during();
    add(at, "page_visibility", { hidden: true, timeSpent: Math.round(at) });
  }
  if (next) {
    add(
      stay - 50,
      "click",
      clickOn(random, "A", `to-${next.path.slice(1).replaceAll("/", "-")}`, next.path, next.title),
    );
  }
  if (!random.chance(LOST_EXITS)) {
    add(stay, "page_exit", { timeSpent: stay, engagedTime: Math.round(stay * (0.4 + 0.6 * random.share())) });
  }
  return found.sort((a, b) => a.at - b.at);
}

function clickOn(random: Random, tagName: string, id: string, href: string | undefined, text: string) {
  const position = { x: random.whole(20, 1200), y: random.whole(60, 850) };
  return { tagName, classes: tagName === "A" ? "nav-link" : "button", id, href, text, position };
}

/** Most look at the top only; of those who scroll, each quarter of the page loses some. */
function scroll(random: Random, page: Page, stay: number): Interaction[] {
  const found: Interaction[] = [];
  let at = 0;
  let depth = 0;
  for (const milestone of [25, 50, 75, 100]) {
    if (!random.chance(milestone === 25 ? 0.62 : 0.66)) break;
    at = Math.round(at + (stay - at) * random.share() * 0.6);
    depth = milestone;
    found.push({
      at,
      eventType: "scroll_depth",
      eventData: {
        milestone,
        timeToMilestone: at,
        scrollPercentage: Math.min(100, milestone + random.whole(0, 12)),
      },
    });
  }
  if (depth > 0) {
    const scrollTop = Math.round((page.height - WINDOW_HEIGHT) * depth / 100);
    found.push({
      at: Math.min(at + 500, stay),
      eventType: "scroll",
      eventData: {
        scrollPercentage: depth,
        scrollTop,
        documentHeight: page.height,
        windowHeight: WINDOW_HEIGHT,
      },
    });
  }
  return found;
}

/** A form is begun by some, and sent by most of them. */
function submit(random: Random, page: Page, stay: number): Interaction[] {
  if (page.form === undefined || !random.chance(0.55)) return [];
  const form = { formId: page.form, formAction: `/${page.form}/thanks`, formMethod: "post" };
  const begun: Interaction = { at: Math.round(stay * 0.2), eventType: "form_start", eventData: form };
  if (random.chance(0.4)) return [begun, { at: stay, eventType: "form_abandon", eventData: form }];
  const person = random.pick(PEOPLE);
  const formData = { name: person, email: `${person}@example.com`, card_number: "4111 1111 1111 1111" };
  return [begun, {
    at: Math.round(stay * 0.9),
    eventType: "form_submit",
    eventData: {
      ...form,
      formData: page.form === "checkout" ? formData : { name: person, email: formData.email },
    },
  }];
}
