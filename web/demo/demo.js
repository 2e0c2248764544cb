// The demo's own behaviour. It works without the tracker, as a real page must.

// The stub keeps calls made before the tracker has loaded, and is harmless where it never does.
globalThis.footfall = globalThis.footfall || function () {
  (footfall.q = footfall.q || []).push(arguments);
};

let basket = 0;
for (const button of document.querySelectorAll(".buy")) {
  button.addEventListener("click", () => {
    footfall("event", "add_to_basket", { coffee: button.dataset.coffee });
    document.querySelector("#basket").textContent = `In your basket: ${++basket}`;
  });
}

// The host serves files only, so a post is turned into a walk to the next page. As a GET the fields would end
// up in the address of that page, password and all.
const contact = document.querySelector("#contact");
if (contact) {
  contact.addEventListener("submit", (event) => {
    event.preventDefault();
    location.assign("thanks.html");
  });
}
