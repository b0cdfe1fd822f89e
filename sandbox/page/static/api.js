// Talking to the page's server.
import { byId, tell } from "./dom.js";

/** Who this tab is. Another tab may be somebody else. */
export const me = {
  get name() { return sessionStorage.getItem("me") ?? "ana"; },
  set name(name) { sessionStorage.setItem("me", name); },
};

async function post(path, body) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const { said, problem, ...rest } = answer.headers.get("Content-Type")?.startsWith("application/json")
      ? await answer.json()
      : { problem: `The page's server answered ${answer.status}.` };
    if (said || problem) tell(said || problem);
    return problem ? null : rest;
  } catch {
    tell("The page's server cannot be reached. Is the demo still running?");
    return null;
  }
}

/** Do something as the person of this tab; resolves to null when it could not be done. */
export function act(what, details) {
  for (const notice of byId("troubles").querySelectorAll(".of-an-act")) notice.remove(); // they were about the last act
  return post("/act", { as: me.name, do: what, ...details });
}

const flips = { underWay: 0, last: 0 };

/** Flip a switch of the panel. */
export async function flip(name, value) {
  flips.underWay += 1;
  const answer = await post("/switch", { name, value });
  flips.underWay -= 1;
  flips.last = answer?.flips ?? flips.last;
}

/** Say whether a picture of the panel, taken after so many flips, knows of every flip of this page. */
export const isUpToDate = (count) => flips.underWay === 0 && count >= flips.last;

/** Listen to what happens; `listeners` by the name of the event. Returns a function that ends it. */
export function listen(listeners) {
  const source = new EventSource(`/events?as=${encodeURIComponent(me.name)}`);
  for (const [name, listener] of Object.entries(listeners)) {
    source.addEventListener(name, (event) => listener(JSON.parse(event.data)));
  }
  source.addEventListener("error", () => tell("The connection to the demo is gone. It comes back by itself once the demo runs."));
  return () => source.close();
}
