// Draws one turn. Everything that comes from data is set as text: none of it is ever HTML.
// Called again with the same turn it adds what is new and leaves the rest alone, so that what the
// reader has opened stays open.

const drawn = new WeakMap();

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
  root.classList.toggle("failed", data.state === "failed");
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
  // What is said to the question, and so read aloud as it comes; the foot says what it rests on.
  const reply = add(root, "div", "reply");
  reply.setAttribute("aria-live", "polite");
  const short = add(reply, "p", "short");
  short.hidden = true;
  const text = add(reply, "div", "text");
  const waiting = add(reply, "p", "waiting");
  add(waiting, "span", "pulse");
  add(waiting, "span", "");
  const notices = add(reply, "div", "notices");
  const foot = add(root, "div", "foot");
  return { id: data.id, shown: 0, done: false, short, text, waiting, notices, foot };
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
    // Cards stand behind their sentence, in the order of the numbers.
    const place = (region) => {
      region.dataset.number = card.number;
      let before = sentence;
      while (Number(before.nextElementSibling?.dataset.number) < card.number) before = before.nextElementSibling;
      before.after(region);
    };
    const mark = () => sentence.classList.toggle("read", !!chips.querySelector('[aria-expanded="true"]'));
    discloses(chip, () => sourceCard(card), place, mark);
  }
}

function finish(turn, data) {
  if (data.short) {
    turn.short.textContent = data.short;
    turn.short.hidden = false;
  }
  const kind = data.status !== "declined" ? "notice" : data.searched ? "declined" : "plain";
  for (const notice of data.notices) add(turn.notices, "p", kind, notice);
  if (data.status === "declined") {
    if (data.nearest.length) nearest(turn.foot, data.nearest);
  } else {
    if (data.dropped.length) leftOut(turn.foot, data.dropped);
    if (data.sources.length) sources(turn.foot, data.sources);
  }
  const small = [data.voice, data.searched].filter(Boolean).join(" ");
  if (small) add(turn.foot, "p", "small searched", small);
  if (data.understood) add(turn.foot, "p", "small", `Understood as: ${data.understood}`);
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
  const articles = new Map(cards.map((card) => [card.article, []]));
  for (const card of cards) articles.get(card.article).push(card);
  add(section, "h3", "label", articles.size === 1 ? "Source" : "Sources");
  for (const group of articles.values()) {
    const line = add(section, "div", "row");
    const numbers = add(line, "span", "numbers");
    for (const card of group) {
      const number = button(numbers, "chip", String(card.number));
      number.setAttribute("aria-label", `Source ${card.number}, paragraph ${quoted(card).number}`);
      discloses(number, () => sourceCard(card), (region) => line.after(region));
    }
    const words = origin(line, group[0]);
    words.addEventListener("click", () => numbers.firstElementChild.click());
    for (const text of [group[0].note, group[0].correction]) if (text) add(words, "span", "note", text);
  }
}

function nearest(foot, passages) {
  const section = add(foot, "section", "nearest");
  add(section, "h3", "label", "Nearest in the library");
  add(section, "p", "small", "What comes closest to the question. It is not an answer to it.");
  for (const passage of passages) {
    const line = button(section, "row", "");
    const words = origin(line, passage);
    add(words, "span", "excerpt", passage.paragraphs.map((one) => one.text).join(" "));
    discloses(line, () => passageCard(passage), (region) => line.after(region));
  }
}

function origin(line, source) {
  const words = add(line, "span", "source");
  add(words, "span", "title", source.title);
  add(words, "span", "origin", `${source.outlet} · ${source.date}`);
  return words;
}

// Makes a button open and close a card. Escape closes it, from the button and from within.
function discloses(opener, make, place, changed = () => {}) {
  let card = null;
  const isOpen = () => opener.getAttribute("aria-expanded") === "true";
  const set = (open) => {
    if (open) {
      card ??= made();
      place(card);
      showQuote(card);
      keepInView(card);
    } else card?.remove();
    opener.setAttribute("aria-expanded", String(open));
    changed();
  };
  const close = () => {
    set(false);
    opener.focus();
  };
  const escape = (event) => {
    if (event.key !== "Escape" || !isOpen()) return;
    event.stopPropagation();
    close();
  };
  const made = () => {
    const region = make();
    region.addEventListener("keydown", escape);
    region.querySelector(".close")?.addEventListener("click", close);
    return region;
  };
  opener.setAttribute("aria-expanded", "false");
  opener.addEventListener("click", () => set(!isOpen()));
  opener.addEventListener("keydown", escape);
}

function sourceCard(card) {
  const region = frame(card, `Source ${card.number}`);
  const list = paragraphs(region, card);
  for (const paragraph of card.paragraphs) {
    const words = numbered(list, paragraph.number, "quote" in paragraph ? "cited" : "beside");
    if ("quote" in paragraph) {
      words.append(paragraph.before);
      add(words, "mark", "", paragraph.quote);
      words.append(paragraph.after);
    } else words.append(paragraph.text);
  }
  return region;
}

function passageCard(passage) {
  const region = blank(passage, "Passage");
  remarks(region, passage);
  const list = paragraphs(region, passage);
  for (const { number, text } of passage.paragraphs) numbered(list, number, "").append(text);
  return region;
}

function blank(source, name) {
  const region = document.createElement("section");
  region.className = "card";
  region.setAttribute("aria-label", `${name}: ${source.outlet}, ${source.title}`);
  return region;
}

function frame(source, name) {
  const region = blank(source, name);
  const head = add(region, "header", "");
  const words = add(head, "p", "origin");
  add(words, "b", "", source.outlet);
  add(words, "span", "date", source.date);
  button(head, "close", "×").setAttribute("aria-label", "Close");
  add(region, "h4", "", source.title);
  remarks(region, source);
  return region;
}

function remarks(region, source) {
  for (const text of [source.also, source.note, source.correction])
    if (text) add(region, "p", "note", text);
}

function paragraphs(region, source) {
  const list = add(region, "ol", "paragraphs");
  if (/^https?:\/\//i.test(source.url)) {
    const link = add(region, "a", "out", `Read it at ${source.site}`);
    link.href = source.url;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  return list;
}

function numbered(list, number, className) {
  const item = add(list, "li", className);
  const margin = add(item, "span", "number", String(number));
  margin.title = `Paragraph ${number}`;
  return add(item, "p", "");
}

function quoted(card) {
  return card.paragraphs.find((paragraph) => "quote" in paragraph);
}

// In a text longer than the card is high, the quote is scrolled into view.
function showQuote(card) {
  const list = card.querySelector(".paragraphs");
  const mark = card.querySelector("mark");
  if (!mark || list.scrollHeight <= list.clientHeight) return;
  list.tabIndex = 0;
  list.scrollTop += mark.getBoundingClientRect().top - list.getBoundingClientRect().top - 48;
}

// Streamlit keeps a page that was read to its end at its end, whatever grows. An opened card must
// not be scrolled away: after a focus and a scroll of a pixel it takes the reader to be elsewhere.
function keepInView(card) {
  card.dispatchEvent(new FocusEvent("focus", { composed: true }));
  let view = card.getRootNode().host;
  while (view && view.scrollHeight <= view.clientHeight + 1) view = view.parentElement;
  if (view) view.scrollTop += view.scrollTop > 0 ? -1 : 1;
  card.scrollIntoView({ block: "nearest", behavior: "smooth" });
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
