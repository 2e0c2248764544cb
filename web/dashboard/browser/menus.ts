/** Menus close when somebody looks elsewhere, as everywhere; Escape gives the focus back to what opened them. */
export function closeMenus(): void {
  const opened = () => document.querySelector<HTMLDetailsElement>("details.menu[open]");
  addEventListener("click", (event) => {
    const menu = opened();
    if (menu && !menu.contains(event.target as Node)) menu.open = false;
  });
  addEventListener("keydown", (event) => {
    const menu = opened();
    if (event.key !== "Escape" || !menu) return;
    menu.open = false;
    menu.querySelector("summary")!.focus();
  });
}
