// Requests to the desk. Saves run one after the other, and each is tried until the desk answers.
const PAUSE = 1000; // milliseconds between two tries

export class Refused extends Error {
  constructor(status, data) {
    super(data.message || "The desk refused this.");
    this.status = status;
    this.data = data;
  }
}

async function read(response) {
  const data = await response.json().catch(() => ({}));
  if (response.status === 401) {
    data.message = "You are logged out: open the address that review has printed, or log in again.";
  }
  if (!response.ok) throw new Refused(response.status, data);
  return data;
}

export async function get(url) {
  return read(await fetch(url, {headers: {accept: "application/json"}}));
}

export async function post(url, body) {
  const headers = {"content-type": "application/json"};
  return read(await fetch(url, {method: "POST", headers, body: JSON.stringify(body)}));
}

let last = Promise.resolve();
let waiting = 0;

export function unsaved() {
  return waiting;
}

// Save what `body()` gives when its turn comes; `lost()` is told while the desk can't be reached.
export function save(url, body, lost) {
  waiting += 1;
  const mine = last.then(async () => {
    for (;;) {
      try {
        return await post(url, body());
      } catch (error) {
        if (error instanceof Refused) throw error;
        lost();
        await new Promise((resume) => setTimeout(resume, PAUSE));
      }
    }
  });
  last = mine.catch(() => {}).finally(() => { waiting -= 1; });
  return mine;
}

window.addEventListener("beforeunload", (event) => {
  if (waiting) event.preventDefault();
});
