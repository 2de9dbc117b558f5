/* What a page gains from script; without it every page still works. Text goes in by textContent alone, so Trusted Types has nothing
   to guard here, and nothing a reader typed or read is kept in the browser: only the two preferences below. */
(() => {
  "use strict";

  const root = document.documentElement;
  const preference = {
    read(key, otherwise) {
      try { return localStorage.getItem(`comity.${key}`) ?? otherwise; } catch { return otherwise; }
    },
    write(key, value) {
      try { localStorage.setItem(`comity.${key}`, value); } catch { /* a private window keeps nothing, and that is fine */ }
    },
  };

  function showTheme(choice) {
    if (choice === "light" || choice === "dark") root.dataset.theme = choice;
    else delete root.dataset.theme;
  }
  showTheme(preference.read("theme", "auto")); // before the first paint, so that a dark page does not flash white

  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const announce = (text) => {
    const line = document.querySelector("[data-announce]");
    if (line) line.textContent = text;
  };

  function press(buttons, isPressed) {
    for (const button of buttons) button.setAttribute("aria-pressed", String(isPressed(button)));
  }

  function preferences() {
    const themes = all("[data-theme-choice]");
    press(themes, (button) => button.dataset.themeChoice === preference.read("theme", "auto"));
    press(all("[data-shortcut-toggle]"), shortcutOn);
    for (const hint of all("[data-shortcut-hint]")) hint.hidden = !shortcutOn();
  }

  // A single-key shortcut must have an off switch (WCAG 2.2 §2.1.4): the button in the footer.
  const shortcutOn = () => preference.read("shortcut", "on") === "on";

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeMenus(null);
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !shortcutOn()) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const box = document.querySelector("[data-search]");
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select();
  });

  function closeMenus(except) {
    for (const menu of all("details.menu[open]")) {
      if (menu === except) continue;
      const hadFocus = menu.contains(document.activeElement);
      menu.open = false;
      if (hadFocus && except === null) menu.querySelector("summary").focus();
    }
  }

  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details.menu") ?? undefined);
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.themeChoice) {
      preference.write("theme", button.dataset.themeChoice);
      showTheme(button.dataset.themeChoice);
      preferences();
    } else if (button.hasAttribute("data-shortcut-toggle")) {
      preference.write("shortcut", shortcutOn() ? "off" : "on");
      preferences();
    } else if (button.hasAttribute("data-copy")) {
      copy(button);
    } else if (button.hasAttribute("data-print")) {
      window.print();
    }
  });

  async function copy(button) {
    const source = document.querySelector(button.dataset.copy);
    if (!source) return;
    try {
      await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
      announce(button.dataset.copied ?? "Copied");
      button.classList.add("is-done");
      setTimeout(() => button.classList.remove("is-done"), 2000);
    } catch {
      getSelection()?.selectAllChildren(source); // no clipboard permission: leave it selected for the reader's own copy
    }
  }

  // ---- unsaved changes: warn before leaving, and say so beside the button
  let unsaved = null;
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-guard]");
    if (form) {
      unsaved = form;
      const line = form.querySelector("[data-guard-status]");
      if (line && !line.textContent) line.textContent = line.dataset.guardStatus;
    }
    if (event.target.dataset.count) countDown(event.target);
  });
  const settled = (form) => {
    if (unsaved !== form) return;
    unsaved = null;
    const line = form.querySelector("[data-guard-status]");
    if (line) line.textContent = "";
  };
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) settled(event.target);
  });
  // A form may save itself through htmx: answer 2xx with the header `HX-Trigger: comity:saved`.
  document.addEventListener("comity:saved", (event) => {
    if (unsaved && (unsaved.contains(event.target) || event.target.contains(unsaved))) settled(unsaved);
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved?.isConnected) event.preventDefault();
  });

  // ---- counters that warn and never cut
  function countDown(field) {
    const line = document.getElementById(`${field.id}-count`);
    if (!line) return;
    const left = Number(field.dataset.count) - [...field.value].length;
    line.textContent = `${Math.abs(left)} ${left < 0 ? line.dataset.countOver : line.dataset.countText}`;
    line.classList.toggle("hint-over", left < 0);
  }

  // ---- a box that narrows a long list of choices; hidden choices keep their ticks
  function addFilter(list) {
    if (list.previousElementSibling?.classList.contains("choices-filter")) return;
    const box = document.createElement("input");
    box.type = "search";
    box.className = "input choices-filter";
    box.placeholder = list.dataset.filterLabel;
    box.setAttribute("aria-label", list.dataset.filterLabel);
    box.addEventListener("input", (event) => {
      event.stopPropagation(); // narrowing a list is not a change to the draft
      const words = box.value.trim().toLocaleLowerCase();
      for (const choice of list.children) {
        const ticked = choice.querySelector("input")?.checked;
        choice.hidden = !ticked && !choice.textContent.toLocaleLowerCase().includes(words);
      }
    });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
    list.before(box);
  }

  function enhance() {
    for (const part of all("[data-needs-script]")) part.hidden = false;
    for (const button of all("[data-copy], [data-print]")) button.hidden = false;
    for (const list of all("[data-filter-list]")) addFilter(list);
    for (const field of all("[data-count]")) if (field.value) countDown(field);
    const box = document.querySelector("[data-search]");
    if (box && shortcutOn()) box.setAttribute("aria-keyshortcuts", "/");
    preferences();
  }

  // Filters above the results would push them off a small screen; without script they stay open, which is only longer.
  function foldOnSmallScreens() {
    if (!matchMedia("(max-width: 60rem)").matches) return;
    for (const part of all("[data-closed-when-narrow]")) part.open = false;
  }

  document.addEventListener("DOMContentLoaded", () => {
    enhance();
    foldOnSmallScreens();
    document.querySelector("[data-focus]")?.focus(); // the summary of errors
  });
  document.addEventListener("htmx:after:swap", enhance);
})();
