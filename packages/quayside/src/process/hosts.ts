// Which Host headers are answered: those that no stranger's page can send, and the names that a setting lists.
import { isIP } from 'node:net';

/** The longest name of a host, in characters: RFC 1035, section 3.1. */
const MAX_NAME = 253;

/**
 * Judges a request by its Host header (RFC 9110, section 7.2). A page that reads by DNS rebinding, its own domain pointing to
 * this server once it is loaded, sends that domain. What is answered is an IP address, localhost, a name without a dot, which
 * is of the own network, and no Host at all, as in HTTP/1.0.
 * @param names - others that are answered, in lower case; one that begins with a dot has all below it as well
 * @param setting - where these stand
 * @returns what to answer with status 403; undefined where the request is to be served
 */
export function refusalOfHost(
  host: string | undefined,
  names: string[],
  setting: 'STATS_HOSTS' | 'ALLOWED_HOSTS',
): string | undefined {
  if (host === undefined || isServed(host.toLowerCase(), names)) return undefined;
  const shown = JSON.stringify(host.slice(0, MAX_NAME));
  return `403 Forbidden: nothing is served for Host ${shown}. If that is a name of this server, add it to ${setting}.\n`;
}

function isServed(host: string, names: string[]): boolean {
  const [, ipv6 = '', name] = /^(?:\[(.*)\]|([\w.-]*?)\.?)(?::\d*)?$/.exec(host) ?? [];
  if (name === undefined) return isIP(ipv6) === 6;
  if (!name.includes('.') || isIP(name) === 4 || name.endsWith('.localhost')) return true;
  return names.some((one) => (one.startsWith('.') ? `.${name}`.endsWith(one) : name === one));
}
