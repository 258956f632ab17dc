// Marks as data: which items a click leaves, and how many points that gives.

export function toggled(chosen, item, items) {
  if (chosen.includes(item.id)) return chosen.filter((id) => id !== item.id);
  const rivals = new Set(items.filter((other) => item.group && other.group === item.group).map((other) => other.id));
  return [...chosen.filter((id) => !rivals.has(id)), item.id];
}

export function pointsOf(mark, items, question) {
  if (!mark.decided) return null;
  const given = items.filter((item) => mark.items.includes(item.id));
  const sum = given.reduce((total, item) => total + item.points, question.start + mark.adjustment);
  const most = mark.upper === null ? question.upper : Math.min(mark.upper, question.upper);
  return round(Math.max(question.lower, Math.min(sum, most)));
}

export function round(number) {
  return Math.round(number * 1e6) / 1e6;
}

export function shown(points) {
  return points === null || points === undefined ? "–" : String(round(points));
}

export function signed(points) {
  return points > 0 ? `+${round(points)}` : points < 0 ? `−${round(-points)}` : "0";
}

export function same(a, b) {
  return a.decided === b.decided && a.comment === b.comment && a.adjustment === b.adjustment &&
    [...a.items].sort().join() === [...b.items].sort().join();
}
