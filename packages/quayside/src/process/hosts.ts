// Which Host headers are answered: those that a foreign web page cannot send, and names that a setting lists.
import { isIP } from 'node:net';

/** The longest name of a host, in characters: RFC 1035, section 3.1. */
const MAX_NAME = 253;

/**
 * Checks a request's Host header (RFC 9110, section 7.2) against DNS rebinding: a page that points its own domain to this
 * server sends that domain. Allowed are an IP address, localhost, a name without a dot, which belongs to the local
 * network, and no Host at all, as in HTTP/1.0.
 * @param names - other allowed names, in lower case; one that begins with a dot includes its subdomains
 * @param setting - the setting that lists them
 * @returns the body of a 403; undefined if the request is to be served
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
