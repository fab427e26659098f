// The pattern of the route that a request came to, for counts: there are few patterns, and no end of paths.
import type { Application, IRoute, Request } from 'express';

/** A request whose route has no name: an unknown path, one that a middleware answered, or a router that is not Express 5's. */
const NONE = '(none)';

/** Of Express's router, what its types leave out. https://github.com/pillarjs/router#routerlistroutes */
interface Router {
  stack: { route?: IRoute }[];
  listRoutes?: () => { path: unknown; router?: Router }[];
}

/** A string, a regular expression or an array of such, though the types know the first alone. */
const patternOf = ({ path }: { path: unknown }) => String(path);

const patterns = new WeakMap<IRoute, string>();

/** Puts down each route of a router and of those mounted on it, with the pattern of where it is mounted before its own. */
function putDown(router: Router, prefix: string): void {
  // Handlers of connect and routers of Express 4 have a stack, too, of another kind.
  if (typeof router.listRoutes !== 'function') return;
  for (const { route } of router.stack) {
    if (route !== undefined && !patterns.has(route)) patterns.set(route, prefix + patternOf(route));
  }
  for (const { path, router: mounted } of router.listRoutes()) {
    if (mounted !== undefined) putDown(mounted, path === '/' ? prefix : prefix + String(path));
  }
}

/**
 * Finds the pattern of the route that a request came to, as /users/:id/posts. A router that is mounted in two places is
 * known by the first.
 * @returns never anything of the request's own path: a route that cannot be found, as that of a mounted app which has
 *   passed on an error, lacks what it is mounted on; (none) where the service has put something else in a route's place
 */
export function routeOf(req: Request): string {
  try {
    return patternFor(req);
  } catch {
    // The answer has ended: nobody would handle it.
    return NONE;
  }
}

function patternFor(req: Request): string {
  const route = req.route as IRoute | undefined;
  if (!Array.isArray(route?.stack)) return NONE;
  const known = patterns.get(route);
  if (known !== undefined) return known;
  const app = req.app as Application & { router: Router; path: () => string };
  putDown(app.router, app.path().replace(/\/+/g, '/').replace(/\/$/, ''));
  return patterns.get(route) ?? patternOf(route);
}
