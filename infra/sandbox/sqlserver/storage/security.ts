import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { SqlError } from '../errors.ts';

export interface PasswordHash {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const derive = (password: string, salt: Buffer): Buffer => scryptSync(password, salt, 32, { N: 1024 });

export function hashPassword(password: string): PasswordHash {
  const salt = randomBytes(16);
  return { salt, hash: derive(password, salt) };
}

export const passwordMatches = ({ salt, hash }: PasswordHash, password: string): boolean =>
  timingSafeEqual(derive(password, salt), hash);

export interface Securable {
  readonly schema: string;
  readonly name: string;
}

interface Grant {
  readonly action: 'grant' | 'deny';
  readonly permission: string;
  readonly scope: { readonly object?: string; readonly schema?: string };
  /** Empty: the whole object. */
  readonly columns: ReadonlySet<string>;
}

const lower = (text: string): string => text.toLowerCase();
const FIXED_ROLES = ['db_owner', 'db_datareader', 'db_datawriter', 'db_ddladmin', 'db_denydatareader', 'public'];

/** Logins, database users, roles and what they may do. Names are case-insensitive. */
export class Security {
  readonly logins = new Map<string, { readonly name: string; password: PasswordHash }>();
  readonly users = new Map<string, { readonly name: string; readonly login: string }>();
  readonly roles = new Map<string, { readonly name: string; readonly members: Set<string> }>();
  private readonly grants = new Map<string, Grant[]>();

  constructor() {
    for (const name of FIXED_ROLES) this.roles.set(name, { name, members: new Set() });
  }

  setLogin(name: string, password: PasswordHash): void {
    this.logins.set(lower(name), { name, password });
  }

  addUser(name: string, login: string): void {
    this.users.set(lower(name), { name, login });
  }

  addRole(name: string): void {
    this.roles.set(lower(name), { name, members: new Set() });
  }

  setMember(role: string, member: string, add: boolean): void {
    const found = this.roles.get(lower(role));
    if (!found)
      throw new SqlError(
        15151,
        `Cannot alter the role '${role}', because it does not exist or you do not have permission.`,
      );
    if (add) found.members.add(lower(member));
    else found.members.delete(lower(member));
  }

  userOfLogin(login: string): string | undefined {
    if (lower(login) === 'sa') return 'dbo';
    for (const user of this.users.values()) if (lower(user.login) === lower(login)) return user.name;
    return undefined;
  }

  isMember(user: string, role: string): boolean {
    return lower(user) === 'dbo' || this.rolesOf(user).has(lower(role));
  }

  private rolesOf(user: string): Set<string> {
    const found = new Set([lower(user), 'public']);
    for (let grew = true; grew;) {
      grew = false;
      for (const [name, role] of this.roles)
        if (!found.has(name) && [...role.members].some((member) => found.has(member))) {
          found.add(name);
          grew = true;
        }
    }
    return found;
  }

  change(
    action: 'grant' | 'deny' | 'revoke',
    permission: string,
    scope: Grant['scope'],
    columns: readonly string[],
    grantee: string,
  ): void {
    const list = this.grants.get(lower(grantee)) ?? [];
    const names = new Set(columns.map(lower));
    const rest = list.filter(
      (g) =>
        !(
          g.permission === permission &&
          g.scope.object === scope.object &&
          g.scope.schema === scope.schema &&
          [...names].every((n) => g.columns.has(n)) &&
          g.columns.size === names.size
        ),
    );
    if (action !== 'revoke') rest.push({ action, permission, scope, columns: names });
    this.grants.set(lower(grantee), rest);
  }

  /** Throws 229 or 230 unless `user` may use `permission` on the object and every named column. */
  check(user: string, permission: string, securable: Securable, columns: Iterable<string>, database: string): void {
    if (lower(user) === 'dbo') return;
    const roles = this.rolesOf(user);
    if (roles.has('db_owner')) return;
    const object = lower(`${securable.schema}.${securable.name}`);
    const schema = lower(securable.schema);
    const grants = [...roles]
      .flatMap((role) => this.grants.get(role) ?? [])
      .filter((g) => {
        if (g.permission !== permission && g.permission !== 'ALL' && g.permission !== 'CONTROL') return false;
        if (g.scope.object !== undefined) return g.scope.object === object;
        return g.scope.schema === undefined || g.scope.schema === schema;
      });
    const implied = permission === 'SELECT' ? 'db_datareader' : 'db_datawriter';
    const broad = roles.has(implied) && ['SELECT', 'INSERT', 'UPDATE', 'DELETE'].includes(permission);
    const denied = grants.filter((g) => g.action === 'deny');
    const granted = grants.filter((g) => g.action === 'grant');
    const whole = broad || granted.some((g) => g.columns.size === 0);
    const on = `of the object '${securable.name}', database '${database}', schema '${securable.schema}'.`;
    const anyColumn = granted.length > 0;
    if (denied.some((g) => g.columns.size === 0) || (!whole && !anyColumn))
      throw new SqlError(
        229,
        `The ${permission} permission was denied on the object '${securable.name}', database '${database}', schema '${securable.schema}'.`,
        { severity: 14, state: 5, ends: 'batch' },
      );
    for (const column of columns) {
      const name = lower(column);
      const allowed = whole || granted.some((g) => g.columns.has(name));
      if (!allowed || denied.some((g) => g.columns.has(name)))
        throw new SqlError(230, `The ${permission} permission was denied on the column '${column}' ${on}`, {
          severity: 14,
          ends: 'batch',
        });
    }
  }
}
