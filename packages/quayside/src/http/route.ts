// The pattern of a request's route, for counting: there are few patterns, but endless paths.
import type { Application, IRoute, Request } from 'express';

/** For requests without a known route: an unknown path, one that middleware answered, or a router that is not Express 5's. */
const NONE = '(none)';

/** The part of Express's router that its types omit. https://github.com/pillarjs/router#routerlistroutes */
interface Router {
  stack: { route?: IRoute }[];
  listRoutes?: () => { path: unknown; router?: Router }[];
}

/** The path may be a string, a regular expression or an array of these, although the types know only strings. */
const patternOf = ({ path }: { path: unknown }) => String(path);

const patterns = new WeakMap<IRoute, string>();

/** Records each route of a router and of those mounted on it, with its mount path before its own pattern. */
function putDown(router: Router, prefix: string): void {
  // connect handlers and Express 4 routers also have a stack, of a different kind.
  if (typeof router.listRoutes !== 'function') return;
  for (const { route } of router.stack) {
    if (route !== undefined && !patterns.has(route)) patterns.set(route, prefix + patternOf(route));
  }
  for (const { path, router: mounted } of router.listRoutes()) {
    if (mounted !== undefined) putDown(mounted, path === '/' ? prefix : prefix + String(path));
  }
}

/**
 * Finds the pattern of a request's route, such as /users/:id/posts. A router mounted in two places counts under the first.
 * @returns the pattern, never a part of the requested path. A route that was not recorded, such as that of a mounted app
 *   that has passed on an error, lacks its mount path. (none) if the service has replaced the route with something else
 */
export function routeOf(req: Request): string {
  try {
    return patternFor(req);
  } catch {
    // The response has ended, so nothing could handle an error.
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
