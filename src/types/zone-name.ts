/** Whether the text names a time zone: an IANA name that this runtime knows, or a fixed offset such as "+05:30". */
export function isZoneName(zone: unknown): zone is string {
  if (typeof zone !== "string") return false;
  if (/^[+-]\d{2}(:?\d{2})?$/.test(zone)) return true;
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
