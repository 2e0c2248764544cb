import { zipf } from "./random.ts";

/** A page of the shop that is visited. */
export interface Page {
  path: string;
  title: string;
  kind: "front" | "product" | "article" | "form" | "other";
  /** The id of the form on it. */
  form?: string;
  /** Its length in pixels. */
  height: number;
}

const slug = (name: string) => name.toLowerCase().replaceAll(/[^a-z]+/g, "-");
const product = (name: string): Page => ({
  path: `/products/${slug(name)}`,
  title: `${name} · Tidewater Coffee`,
  kind: "product",
  height: 2400,
});
const article = (title: string): Page => ({
  path: `/journal/${slug(title)}`,
  title: `${title} · Tidewater Coffee`,
  kind: "article",
  height: 5200,
});

export const FRONT: Page = { path: "/", title: "Tidewater Coffee", kind: "front", height: 3200 };
const PRODUCTS = ["Harbour Espresso", "Low Tide Decaf", "Ethiopia Guji", "Colombia Huila", "Kenya Nyeri"]
  .map(product);
const MORE_PRODUCTS = ["Filter Papers", "Hand Grinder", "Pour Over Kettle", "Gift Box", "Cold Brew Bags"].map(
  product,
);
const ARTICLES = [
  "How to Brew Pour Over Coffee",
  "Why We Roast on Tuesdays",
  "A Guide to Grind Sizes",
  "Water Matters",
  "Decaf Without Regret",
  "What Freshness Means",
  "Our Farmers in Huila",
  "The Right Kettle",
].map(article);
const CONTACT: Page = {
  path: "/contact",
  title: "Contact · Tidewater Coffee",
  kind: "form",
  form: "contact",
  height: 1500,
};
const NEWSLETTER: Page = {
  path: "/newsletter",
  title: "Newsletter · Tidewater Coffee",
  kind: "form",
  form: "newsletter",
  height: 1200,
};
const CHECKOUT: Page = {
  path: "/checkout",
  title: "Checkout · Tidewater Coffee",
  kind: "form",
  form: "checkout",
  height: 1900,
};
const PRODUCT_LIST: Page = {
  path: "/products",
  title: "Products · Tidewater Coffee",
  kind: "other",
  height: 3600,
};
const ABOUT: Page = { path: "/about", title: "About us · Tidewater Coffee", kind: "other", height: 2100 };

/** The pages that visits begin with, the commonest first. */
export const ENTRY_PAGES = zipf([
  FRONT,
  ARTICLES[0]!,
  PRODUCTS[0]!,
  ...ARTICLES.slice(1, 4),
  PRODUCT_LIST,
  ...PRODUCTS.slice(1),
  ...ARTICLES.slice(4),
  ...MORE_PRODUCTS,
  ABOUT,
  NEWSLETTER,
  CONTACT,
]);

/** The pages that links lead to, the commonest first. */
export const NEXT_PAGES = zipf([
  PRODUCT_LIST,
  ...PRODUCTS.slice(0, 3),
  CHECKOUT,
  FRONT,
  ...PRODUCTS.slice(3),
  ...MORE_PRODUCTS,
  CONTACT,
  NEWSLETTER,
  ...ARTICLES,
  ABOUT,
]);
