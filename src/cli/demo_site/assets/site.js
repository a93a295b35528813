"use strict";

const stock = document.getElementById("stock");
new EventSource("/events").addEventListener("stock", (event) => { stock.textContent = event.data + "."; });

for (const button of document.querySelectorAll("[data-order]")) {
  button.addEventListener("click", async () => {
    const answer = await fetch("/api/orders", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ product: Number(button.dataset.order), quantity: 1 }),
    });
    const out = button.parentElement.querySelector("output");
    out.textContent = answer.ok ? `Order ${(await answer.json()).id} is taken.` : "That did not work.";
  });
}
