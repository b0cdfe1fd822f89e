// `<!date^…>` in the zone of whoever looks. The time now is the stand-ins', which may run faster than real time.

const LOCALE = "en-US";
const DAY = 24 * 3600 * 1000;
const course = { at: Date.now(), now: Date.now(), speed: 1 };

/** Set the time of the stand-ins: seconds of POSIX time, and how fast it goes. */
export function setTime(now, speed) { Object.assign(course, { at: Date.now(), now: now * 1000, speed }); }

const now = () => new Date(course.now + (Date.now() - course.at) * course.speed);

const format = (moment, options) => new Intl.DateTimeFormat(LOCALE, options).format(moment);
const year = (moment) => (Math.abs(moment - now()) < 183 * DAY ? "" : `, ${moment.getFullYear()}`);
const ordinal = (day) => day + (day > 10 && day < 14 ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[day % 10] ?? "th"));
const two = (number) => String(number).padStart(2, "0");

const date = (moment) => `${format(moment, { month: "long" })} ${ordinal(moment.getDate())}${year(moment)}`;
const short = (moment) => `${format(moment, { month: "short" })} ${moment.getDate()}${year(moment)}`;
const long = (moment) => `${format(moment, { weekday: "long" })}, ${date(moment)}`;

function pretty(moment, otherwise) {
  const midnight = (each) => new Date(each.getFullYear(), each.getMonth(), each.getDate());
  const days = Math.round((midnight(moment) - midnight(now())) / DAY);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? otherwise(moment);
}

function ago(moment) {
  const seconds = Math.round((moment - now()) / 1000);
  const [size, unit] = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]]
    .find(([length]) => Math.abs(seconds) >= length || length === 1);
  return new Intl.RelativeTimeFormat(LOCALE).format(Math.trunc(seconds / size), unit);
}

const TOKENS = {
  date_num: (moment) => `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`,
  date,
  date_short: short,
  date_long: long,
  date_pretty: (moment) => pretty(moment, date),
  date_short_pretty: (moment) => pretty(moment, short),
  date_long_pretty: (moment) => pretty(moment, long),
  time: (moment) => format(moment, { hour: "numeric", minute: "2-digit" }),
  time_secs: (moment) => format(moment, { hour: "numeric", minute: "2-digit", second: "2-digit" }),
  ago,
};

/** Return a date of mrkdwn as Slack words it; the fallback where the tokens are unknown. */
export function readDate(seconds, pattern, fallback) {
  const moment = new Date(Number(seconds) * 1000);
  if (!pattern || Number.isNaN(moment.getTime())) return fallback;
  const shown = pattern.replace(/\{(\w+)\}/g, (token, name) => (name in TOKENS ? TOKENS[name](moment) : token));
  return shown.includes("{") ? fallback : shown;
}

/** Return hours, minutes and seconds of a time in seconds. */
export const clockTime = (seconds) => format(new Date(seconds * 1000), { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

/** Return the day of a message's time stamp: `Monday, November 2nd`. */
export const messageDay = (ts) => long(new Date(Number(ts) * 1000));

/** Return hours and minutes of a message's time stamp. */
export const messageTime = (ts) => TOKENS.time(new Date(Number(ts) * 1000));
