// Who sends a request: what the token in its Authorization header says.
import type { Request, RequestHandler } from 'express';
import { sign, verify } from 'jsonwebtoken';
import { z } from 'zod';
import { Problem, Status } from './problems';

export const roles = ['reader', 'writer', 'admin'] as const;
export type Role = (typeof roles)[number];

const claims = z.object({ sub: z.string().min(1), role: z.enum(roles), exp: z.number().int().optional() });
export type Claims = z.infer<typeof claims>;

const secret = () => process.env.TOKEN_SECRET ?? 'only for development';

export function issueToken(subject: string, role: Role, expiresIn = 3600): string {
  return sign({ role }, secret(), { subject, expiresIn, algorithm: 'HS256' });
}

/** @throws Problem where there is no token, or none that holds */
export function claimsOf(req: Pick<Request, 'headers'>): Claims {
  const [scheme, token] = req.headers.authorization?.split(' ') ?? [];
  if (scheme !== 'Bearer' || token === undefined) throw new Problem(Status.Unauthorized, 'expected a bearer token');
  try {
    return claims.parse(verify(token, secret(), { algorithms: ['HS256'] }));
  } catch (error) {
    throw new Problem(Status.Unauthorized, 'the token does not hold', { cause: error });
  }
}

/** Lets requests pass whose sender has at least a role. */
export function requireRole(least: Role): RequestHandler {
  return (req, _res, next) => {
    const { role } = claimsOf(req);
    if (roles.indexOf(role) < roles.indexOf(least)) throw new Problem(Status.Forbidden, `expected ${least}`);
    next();
  };
}
