// On a phone the desks' menu is turned to the desk that is open.
document.querySelector(".desks [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
