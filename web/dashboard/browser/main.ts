/// <reference no-default-lib="true" />
/// <reference lib="es2022" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What the dashboard's pages do beyond links and forms. Each of them works without. */
import { drawChart } from "./chart.ts";
import { offerCopies } from "./copy.ts";
import { closeMenus } from "./menus.ts";
import { refreshParts, swapParts } from "./parts.ts";

drawChart();
swapParts();
refreshParts();
closeMenus();
offerCopies(document);
