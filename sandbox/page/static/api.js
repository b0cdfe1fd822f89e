// Talking to the page's server.
import { tell } from "./dom.js";

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
    const { said, problem } = answer.headers.get("Content-Type")?.startsWith("application/json")
      ? await answer.json()
      : { problem: `The page's server answered ${answer.status}.` };
    if (said || problem) tell(said || problem);
    return !problem;
  } catch {
    tell("The page's server cannot be reached. Is the demo still running?");
    return false;
  }
}

/** Do something as the person of this tab; resolves to whether it could be done at all. */
export const act = (what, details) => post("/act", { as: me.name, do: what, ...details });

/** Flip a switch of the panel. */
export const flip = (name, value) => post("/switch", { name, value });

/** Listen to what happens; `listeners` by the name of the event. Returns a function that ends it. */
export function listen(listeners) {
  const source = new EventSource(`/events?as=${encodeURIComponent(me.name)}`);
  for (const [name, listener] of Object.entries(listeners)) {
    source.addEventListener(name, (event) => listener(JSON.parse(event.data)));
  }
  source.addEventListener("error", () => tell("The connection to the demo is gone. It comes back by itself once the demo runs."));
  return () => source.close();
}
