// Draws one turn. Everything that comes from data is set as text: none of it is ever HTML.
// Called again with the same turn it adds what is new and leaves the rest alone, so that what the
// reader has opened stays open.

const drawn = new WeakMap();
let ids = 0;

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector("article");
  let turn = drawn.get(root);
  if (!turn || turn.id !== data.id) {
    turn = begin(root, data);
    drawn.set(root, turn);
  }
  for (const statement of data.statements.slice(turn.shown)) {
    addStatement(turn.text, statement);
    turn.shown += 1;
  }
  turn.waiting.hidden = data.state !== "asked";
  turn.waiting.lastChild.textContent = turn.shown ? "Checking the next sentence" : "Reading the articles";
  root.setAttribute("aria-busy", String(data.state === "asked"));
  if (data.state === "done" && !turn.done) {
    turn.done = true;
    finish(turn, data);
  }
}

function begin(root, data) {
  root.replaceChildren();
  root.setAttribute("aria-label", "Question and answer");
  const heading = add(root, "h2", "question", data.question);
  if (data.question.length > 300) heading.classList.add("long");
  if (data.filters.length) {
    const limits = add(root, "ul", "limits");
    limits.setAttribute("aria-label", "Limited to");
    for (const filter of data.filters) add(limits, "li", "", filter);
  }
  const short = add(root, "p", "short");
  short.hidden = true;
  const text = add(root, "div", "text");
  text.setAttribute("aria-live", "polite");
  const waiting = add(root, "p", "waiting");
  waiting.setAttribute("role", "status");
  add(waiting, "span", "pulse");
  add(waiting, "span", "");
  const foot = add(root, "div", "foot");
  return { id: data.id, shown: 0, done: false, short, text, waiting, foot };
}

function addStatement(text, statement) {
  if (text.childElementCount) text.append(" ");
  const sentence = add(text, "span", "statement");
  add(sentence, "span", "words", statement.text);
  const chips = add(sentence, "span", "chips");
  for (const card of statement.cards) {
    const chip = button(chips, "chip", "");
    add(chip, "span", "unseen", "[");
    add(chip, "span", "", String(card.number));
    add(chip, "span", "unseen", "]");
    chip.setAttribute("aria-label", `Source ${card.number}: ${card.outlet}, ${card.title}`);
    // A card stands behind its sentence, in the order of the numbers.
    discloses(chip, text, () => sourceCard(card), (region) => {
      let after = sentence;
      while (after.nextElementSibling?.matches(".card") &&
             Number(after.nextElementSibling.dataset.number) < card.number) {
        after = after.nextElementSibling;
      }
      region.dataset.number = card.number;
      after.after(region);
    }, (open) => sentence.classList.toggle("read", open || !!sentence.querySelector('[aria-expanded="true"]')));
  }
}

function finish(turn, data) {
  if (data.short) {
    turn.short.textContent = data.short;
    turn.short.hidden = false;
  }
  if (data.status === "declined") declined(turn.foot, data);
  else {
    for (const notice of data.notices) add(turn.foot, "p", "notice", notice);
    if (data.dropped.length) leftOut(turn.foot, data.dropped);
    if (data.sources.length) sources(turn.foot, data.sources);
  }
  const small = [data.voice, data.searched].filter(Boolean).join(" ");
  if (small) add(turn.foot, "p", "small searched", small);
  if (data.understood) add(turn.foot, "p", "small", `Understood as: ${data.understood}`);
}

function declined(foot, data) {
  for (const notice of data.notices) add(foot, "p", data.searched ? "declined" : "plain", notice);
  if (!data.nearest.length) return;
  const section = add(foot, "section", "nearest");
  add(section, "h3", "label", "Nearest in the library");
  add(section, "p", "small", "These passages come closest to the question. They are not an answer to it.");
  for (const passage of data.nearest) row(section, passage, "", () => passageCard(passage));
}

function leftOut(foot, dropped) {
  const details = add(foot, "details", "dropped");
  add(details, "summary", "", dropped.length === 1 ? "Show the sentence left out" : "Show the sentences left out");
  const list = add(details, "ul", "");
  for (const { text, reason } of dropped) {
    const item = add(list, "li", "");
    add(item, "span", "verdict", "Not supported");
    add(item, "span", "unsaid", text);
    add(item, "span", "reason", reason);
  }
}

function sources(foot, cards) {
  const section = add(foot, "section", "sources");
  add(section, "h3", "label", cards.length === 1 ? "Source" : "Sources");
  for (const card of cards) row(section, card, String(card.number), () => sourceCard(card));
}

// One line of a list that opens into a card.
function row(section, source, number, make) {
  const line = button(section, "row", "");
  if (number) add(line, "span", "number", number);
  const words = add(line, "span", "rowwords");
  add(words, "span", "title", source.title);
  add(words, "span", "origin", `${source.outlet} · ${source.date}`);
  discloses(line, section, make, (region) => line.after(region), () => {});
}

// Makes a button open and close a card. Escape closes it from within and from the button.
function discloses(opener, scope, make, place, changed) {
  let region = null;
  const set = (open) => {
    if (open) {
      region ??= make();
      region.id ||= `card-${(ids += 1)}`;
      opener.setAttribute("aria-controls", region.id);
      place(region);
      showQuote(region);
    } else {
      region?.remove();
      opener.removeAttribute("aria-controls");
    }
    opener.setAttribute("aria-expanded", String(open));
    changed(open);
  };
  const close = () => {
    set(false);
    opener.focus();
  };
  const escape = (event) => {
    if (event.key === "Escape" && opener.getAttribute("aria-expanded") === "true") {
      event.stopPropagation();
      close();
    }
  };
  opener.setAttribute("aria-expanded", "false");
  opener.addEventListener("click", () => set(opener.getAttribute("aria-expanded") !== "true"));
  opener.addEventListener("keydown", escape);
  const build = make;
  make = () => {
    const card = build();
    card.addEventListener("keydown", escape);
    card.querySelector(".close").addEventListener("click", close);
    return card;
  };
}

function sourceCard(card) {
  const region = frame(card, `Source ${card.number}`);
  const list = add(region, "ol", "paragraphs");
  for (const paragraph of card.paragraphs) {
    const item = add(list, "li", "quote" in paragraph ? "cited" : "beside");
    add(item, "span", "number", String(paragraph.number)).title = `Paragraph ${paragraph.number}`;
    const words = add(item, "p", "");
    if ("quote" in paragraph) {
      words.append(paragraph.before);
      add(words, "mark", "", paragraph.quote);
      words.append(paragraph.after);
    } else words.append(paragraph.text);
  }
  link(region, card);
  return region;
}

function passageCard(passage) {
  const region = frame(passage, "Passage");
  region.classList.add("loose");
  const list = add(region, "ol", "paragraphs");
  for (const paragraph of passage.paragraphs) {
    const item = add(list, "li", "");
    add(item, "span", "number", String(paragraph.number)).title = `Paragraph ${paragraph.number}`;
    add(item, "p", "", paragraph.text);
  }
  link(region, passage);
  return region;
}

function frame(source, name) {
  const region = document.createElement("section");
  region.className = "card";
  region.setAttribute("aria-label", `${name}: ${source.outlet}, ${source.title}`);
  const head = add(region, "header", "");
  const origin = add(head, "p", "origin");
  add(origin, "b", "", source.outlet);
  add(origin, "span", "date", source.date);
  button(head, "close", "×").setAttribute("aria-label", "Close");
  add(region, "h4", "", source.title);
  if (source.note) add(region, "p", "note", source.note);
  return region;
}

function link(region, source) {
  if (!/^https?:\/\//i.test(source.url)) return;
  const anchor = add(region, "a", "out", `Read it at ${source.site}`);
  anchor.href = source.url;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
}

// In a paragraph longer than the card is high the quote is scrolled into view, and the page is not.
function showQuote(region) {
  const list = region.querySelector(".paragraphs");
  const mark = region.querySelector("mark");
  if (mark && list.scrollHeight > list.clientHeight) {
    list.scrollTop = mark.getBoundingClientRect().top - list.getBoundingClientRect().top - 40;
  }
}

function add(parent, tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

function button(parent, className, text) {
  const element = add(parent, "button", className, text);
  element.type = "button";
  return element;
}
